// What the TypeScript compiler says of files: a JSON array a line for each path on standard input. `mod.rs` compares it with the tree of
// the program. Types and what is only declared are no code that runs, and stand in neither.
"use strict";

const fs = require("fs");
const path = require("path");
const ts = require(path.resolve(process.argv[2], "typescript"));

const K = ts.SyntaxKind;

function facts(file) {
  let text = fs.readFileSync(file, "utf8");
  if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
  if (text.includes("\ufffd")) return null;
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  if (source.parseDiagnostics.length > 0) return null;
  // Offsets count UTF-16 here and bytes there.
  const bytes = new Uint32Array(text.length + 1);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const half = unit >= 0xd800 && unit <= 0xdfff;
    bytes[at + 1] = bytes[at] + (half ? 2 : unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3);
  }
  const found = [];
  const range = (node) => `${bytes[node.getStart(source)]}..${bytes[node.getEnd()]}`;
  const has = (node, kind) => (node.modifiers || []).some((modifier) => modifier.kind === kind);

  function last(callee) {
    while (
      [K.ParenthesizedExpression, K.AsExpression, K.NonNullExpression, K.SatisfiesExpression, K.TypeAssertionExpression].includes(callee.kind) ||
      callee.kind === K.ExpressionWithTypeArguments
    ) {
      callee = callee.expression;
    }
    if (callee.kind === K.Identifier) return callee.text === "undefined" ? "" : callee.text;
    if (callee.kind === K.SuperKeyword) return "super";
    if (callee.kind === K.ThisKeyword) return "this";
    if (callee.kind === K.PropertyAccessExpression) return callee.name.text;
    return "";
  }

  function visit(node, generators) {
    if (ts.isTypeNode(node) && node.kind !== K.ExpressionWithTypeArguments) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isTypeParameterDeclaration(node)) return;
    if (has(node, K.DeclareKeyword) && !ts.isPropertyDeclaration(node)) return;
    if (node.kind >= K.FirstJSDocNode && node.kind <= K.LastJSDocNode) return;
    let around = generators;
    if (ts.isFunctionLike(node)) {
      if (!node.body) return;
      around = { yields: false };
    }
    if (ts.isClassLike(node)) found.push(`class ..${bytes[node.getEnd()]}`);
    if (ts.isCallExpression(node)) {
      found.push(`call ${range(node)} ${last(node.expression)} ${node.arguments.length}`);
    } else if (ts.isNewExpression(node)) {
      found.push(`new ${range(node)} ${last(node.expression)} ${(node.arguments || []).length}`);
    } else if (ts.isTaggedTemplateExpression(node)) {
      found.push(`call ${range(node)} ${last(node.tag)} 1`);
    } else if (ts.isStringLiteral(node) && isValue(node) && node.text.isWellFormed() && !node.text.includes("\ufffd")) {
      found.push(`text ${range(node)} ${node.text.length}`);
    } else if (node.kind === K.YieldExpression && around) {
      around.yields = true;
    }
    imports(node);
    ts.forEachChild(node, (child) => visit(child, around));
    if (ts.isFunctionLike(node)) {
      const kinds = (has(node, K.AsyncKeyword) ? ["async"] : []).concat(around.yields ? ["generator"] : []);
      const params = node.parameters.filter((one) => one.name.kind !== K.Identifier || one.name.text !== "this");
      found.push(`function ..${bytes[node.getEnd()]} ${params.length} ${kinds.join(" ")}`);
    }
  }

  function isValue(node) {
    const parent = node.parent;
    if (ts.isExpressionStatement(parent) && isDirective(parent)) return false;
    return !(
      ts.isImportDeclaration(parent) ||
      ts.isExportDeclaration(parent) ||
      ts.isExternalModuleReference(parent) ||
      ts.isModuleDeclaration(parent) ||
      ts.isImportAttribute(parent) ||
      ts.isJsxAttribute(parent) ||
      ts.isImportSpecifier(parent) ||
      ts.isExportSpecifier(parent) ||
      ts.isNamespaceExport(parent) ||
      ts.isEnumMember(parent) && parent.name === node ||
      ts.isClassLike(parent.parent) && parent.name === node
    );
  }

  function isDirective(statement) {
    const list = statement.parent.statements || [];
    for (const one of list) {
      if (!ts.isExpressionStatement(one) || !ts.isStringLiteral(one.expression)) return false;
      if (one === statement) return true;
    }
    return false;
  }

  function imports(node) {
    const say = (module, name, alias) => found.push(`import ${module} ${name} ${alias}`);
    if (ts.isImportDeclaration(node)) {
      const module = node.moduleSpecifier.text;
      const clause = node.importClause;
      if (!clause) return say(module, "-", "-");
      if (clause.name) say(module, "default", clause.name.text);
      const named = clause.namedBindings;
      if (named && ts.isNamespaceImport(named)) say(module, "-", named.name.text);
      if (named && ts.isNamedImports(named)) {
        for (const one of named.elements) say(module, (one.propertyName || one.name).text, one.name.text);
      }
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      say(node.moduleSpecifier.text, "-", "-");
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      say(node.moduleReference.expression.text, "-", node.name.text);
    }
  }

  try {
    visit(source, null);
  } catch (error) {
    // Nested too deep for a walk that recurses.
    if (error instanceof RangeError) return null;
    throw error;
  }
  return found;
}

const lines = fs.readFileSync(0, "utf8").split("\n").filter(Boolean);
for (const line of lines) console.log(JSON.stringify(facts(line)));
