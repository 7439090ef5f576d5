// Strict rules by types, and which folder may import which: web/README.md says why.

import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

// forbid FOLDER: what files in src/FOLDER must not import, each with the reason.
const forbid = (folder, rules, globals = []) => ({
  files: [`src/${folder}/**/*.{ts,tsx}`],
  ignores: ["**/*.test.{ts,tsx}"],
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: rules.map(([group, message]) => ({ regex: group, message })) },
    ],
    "no-restricted-globals": ["error", ...globals],
  },
});

const HTTP = ["fetch", "WebSocket", "XMLHttpRequest", "EventSource"].map((name) => ({
  name,
  message: "the folders api/ and player/ alone speak to camsvc",
}));
const REACT = ["^(react|react-dom|wouter)(/|$)", "no React here"];
const UP = (...folders) => [
  `^\\.\\./(\\.\\./)*(${folders.join("|")})(/|$)`,
  "imports go down: see web/README.md",
];

export default defineConfig(
  { ignores: ["dist", "node_modules", "src/api/types.ts"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "e2e/**/*.ts", "vite.config.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  { files: ["tools/**/*.mjs"], languageOptions: { globals: { console: "readonly", process: "readonly" } } },
  {
    files: ["public/*.js"],
    languageOptions: {
      globals: Object.fromEntries(
        ["self", "caches", "fetch", "Request", "URL"].map((name) => [name, "readonly"]),
      ),
    },
  },
  { files: ["e2e/**/*.ts"], rules: { "no-console": "off" } },
  forbid("api", [REACT, UP("state", "player", "pages", "parts", "i18n")]),
  forbid("player", [REACT, UP("state", "pages", "parts", "i18n")]),
  forbid("i18n", [UP("api", "state", "player", "pages", "parts")]),
  forbid("state", [UP("pages", "parts")], HTTP),
  forbid("parts", [UP("api", "state", "pages")], HTTP),
  forbid(
    "pages",
    [
      ["(^|/)api/(?!types)", "a page knows nothing of HTTP and the socket: state/ has what it needs"],
      ["^\\.\\./(?!\\.\\./)", "a page imports no other page"],
    ],
    HTTP,
  ),
);
