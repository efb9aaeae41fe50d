import { OPTIONS, type OptionName } from '../options.ts'

/** Options for the terminal: the flag, its variable and default, then what it means. */
export function formatOptions(names: readonly OptionName[]): string {
  return names
    .map((name) => {
      const option = OPTIONS[name]
      const head = `  --${option.flag} ${option.kind.type.toUpperCase()}  (${option.variable}; ${defaultOf(option)})`
      return `${head}\n      ${option.description}`
    })
    .join('\n')
}

function defaultOf(option: (typeof OPTIONS)[OptionName]): string {
  return option.default === undefined ? `without it: ${option.otherwise}` : `default: ${option.default}`
}

const cell = (text: string) => text.replaceAll('|', '\\|')

/** The options as the page of the reference. */
export function configurationPage(names: readonly OptionName[]): string {
  const rows = names.map((name) => {
    const option = OPTIONS[name]
    const fallback = option.default === undefined ? `none: ${option.otherwise}` : `\`${option.default}\``
    return `| \`${option.variable}\` | \`--${option.flag}\` | ${cell(option.kind.allowed)} | ${cell(fallback)} | ${cell(option.description)} |`
  })
  return `# Options

<!-- Made from the table in server/src/options.ts by scripts/write-configuration.ts. Do not edit. -->

Every option is a variable of the environment or a flag of \`turnout start\`. A flag wins over a variable, and an
empty variable counts as none. Variables may also stand in a file \`.env\` in the working directory; a variable that
the environment already has wins over the file. Relative paths start at the working directory.

| variable | flag | allowed | default | meaning |
|---|---|---|---|---|
${rows.join('\n')}

Providers and models have variables and a file of their own. They are read by the server and by \`turnout doctor\`,
which says what is wrong with them and how to mend it without spending money.
`
}
