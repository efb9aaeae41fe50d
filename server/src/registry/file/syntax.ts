import type { YAMLError } from 'yaml'

/** The parser's own messages may quote the file, and with it a secret; these do not. */
const MESSAGES: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'an alias (*name) refers to no anchor (&name) before it',
  BAD_DQ_ESCAPE: 'a double-quoted text has an unknown escape; use single quotes or double the backslash',
  BAD_INDENT: 'the indentation does not fit the lines around it',
  BAD_SCALAR_START: 'a text must not begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a nested map must begin on a line of its own; a text with ": " in it must be in quotes',
  BLOCK_IN_FLOW: 'a map or list in brackets is not closed',
  DUPLICATE_KEY: 'the key stands here twice',
  MISSING_CHAR: 'a closing quote, bracket, comma or colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line and be followed by a colon',
  MULTIPLE_DOCS: 'the file must be one document; remove the "---"',
  TAB_AS_INDENT: 'indentation must be spaces, not tabs',
  TAG_RESOLVE_FAILED: 'a tag (!name) is not known',
}

export const syntaxMessage = (code: YAMLError['code']): string =>
  `not valid YAML: ${MESSAGES[code] ?? 'something unexpected stands here; check quotes and indentation'}`
