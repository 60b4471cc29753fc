// Mistakes that the compiler must find: an expected error that does not occur is an error.
import type { DashboardQuery, DashboardQueryVariables } from './generated/graphql.js';

export function mistaken({ account }: DashboardQuery): unknown[] {
  // @ts-expect-error An account that was not found is null.
  const name = account.name;
  // @ts-expect-error There is no such field.
  const misspelt = account?.nmae;
  // @ts-expect-error The query does not select it of this metric.
  const late = account?.metrics.policyViolations?.late;
  // @ts-expect-error There may be nothing to measure.
  const value: number | undefined = account?.metrics.lateShipmentRate?.value;
  // @ts-expect-error A day is a string.
  const day: number | undefined = account?.metrics.lateShipmentRate?.window.to;
  // @ts-expect-error There is no such status.
  const better = account?.metrics.lateShipmentRate?.status === 'BETTER';
  // @ts-expect-error The key of the account is needed.
  const variables: DashboardQueryVariables = { asOf: '2026-03-31' };
  return [name, misspelt, late, value, day, better, variables];
}
