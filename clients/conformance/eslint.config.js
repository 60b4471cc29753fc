// All rules of the presets schema-all and schema-relay. Where an option differs from the preset's, the reason stands beside it.
import graphql from "@graphql-eslint/eslint-plugin";

// Value objects: the object that holds them has the id.
const VALUES = [
  "AccountHealth", "ComparedInstant", "DataQualityNote", "Driver", "Drivers", "FactCoverage", "Figure", "Headroom", "Marketplace", "MetricPart",
  "MetricPoint", "MetricScope", "MetricTarget", "MetricWindow", "NextImport", "OrderItem", "PageInfo", "Plugin", "ReportedComparison",
  "ReportedFigure", "Timeline",
  "TimelineSeries", "UnknownCell", "UnprovenRows", "Viewer", "WhatIf", "WindowDefinition",
];

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "../../schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["schema-recommended"].rules,
      ...graphql.configs["schema-all"].rules,
      ...graphql.configs["schema-relay"].rules,
      // Stricter than the preset: everything is described.
      "@graphql-eslint/require-description": [
        "error",
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
          // Strawberry prints no description of an argument of a directive; that of the directive says what its argument is.
          ignoredSelectors: ["DirectiveDefinition > InputValueDefinition"],
        },
      ],
      // Without the preset's groups, which contradict the order that graphql-schema-linter wants. Strawberry prints directives before all types.
      "@graphql-eslint/alphabetize": [
        "error",
        {
          definitions: true,
          groups: ["requires", "*"],
          fields: ["ObjectTypeDefinition", "InterfaceTypeDefinition", "InputObjectTypeDefinition"],
          values: true,
          arguments: ["FieldDefinition", "Field", "DirectiveDefinition", "Directive"],
        },
      ],
      "@graphql-eslint/strict-id-in-types": [
        "error",
        { acceptedIdNames: ["id"], acceptedIdTypes: ["ID"], exceptions: { types: VALUES, suffixes: ["Connection", "Edge", "Error", "Payload"] } },
      ],
      // `nodes(ids:)` and `userErrors` are lists, and rightly so. Of the nodes of edges only a figure of Amazon has no id, which a test of the
      // server checks: beside each result it is compared with another one.
      "@graphql-eslint/relay-edge-types": ["error", { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
      "@graphql-eslint/input-name": ["error", { checkInputType: true, caseSensitiveInputType: false, checkQueries: false, checkMutations: true }],
      // It forbids mutations and subscriptions.
      "@graphql-eslint/no-root-type": "off",
      // It wants an argument of @deprecated that graphql-js refuses. The date stands in the reason.
      "@graphql-eslint/require-deprecation-date": "off",
    },
  },
];
