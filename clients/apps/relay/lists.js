// The lists of an account, each as a connection: their pages are tested, and not in the docs.

import { graphql } from 'relay-runtime';

export const account = graphql`
  query listsAccountQuery($key: String!) {
    account(key: $key) { ...lists_orders ...lists_feedback ...lists_atRisk ...lists_reportedHistory }
  }
`;

export const orders = graphql`
  fragment lists_orders on Account
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "listsOrdersPageQuery") {
    orders(first: $first, after: $after, filter: { statuses: [PARTIALLY_SHIPPED, CANCELLED] }) @connection(key: "lists_orders", filters: []) {
      totalCount
      edges { cursor node { id key } }
    }
  }
`;

export const feedback = graphql`
  fragment lists_feedback on Account
  @argumentDefinitions(first: { type: "Int", defaultValue: 100 }, after: { type: "String" })
  @refetchable(queryName: "listsFeedbackPageQuery") {
    feedback(first: $first, after: $after) @connection(key: "lists_feedback", filters: []) {
      totalCount
      edges { cursor node { id rating } }
    }
  }
`;

export const atRisk = graphql`
  fragment lists_atRisk on Account
  @argumentDefinitions(first: { type: "Int", defaultValue: 10 }, after: { type: "String" })
  @refetchable(queryName: "listsAtRiskPageQuery") {
    atRisk(first: $first, after: $after, withinHours: 720) @connection(key: "lists_atRisk", filters: []) {
      totalCount
      edges { cursor node { id label } }
    }
  }
`;

export const reportedHistory = graphql`
  fragment lists_reportedHistory on Account
  @argumentDefinitions(first: { type: "Int", defaultValue: 50 }, after: { type: "String" })
  @refetchable(queryName: "listsReportedHistoryPageQuery") {
    reportedHistory(first: $first, after: $after) @connection(key: "lists_reportedHistory", filters: []) {
      totalCount
      edges { cursor node { key takenAt } }
    }
  }
`;
