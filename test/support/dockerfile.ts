export interface Instruction {
  name: string
  value: string
}

/** The stages of a Dockerfile, each from its FROM on. */
export function parseStages(text: string): Instruction[][] {
  const stages: Instruction[][] = []
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const match = /^([A-Za-z]+)\s+(.+)$/.exec(line)
    if (!match) continue
    const instruction = { name: match[1]!.toUpperCase(), value: match[2]!.trim() }
    if (instruction.name === 'FROM') stages.push([])
    stages.at(-1)?.push(instruction)
  }
  return stages
}

const SECRET = /\b\w*(SECRET|PASSWORD|TOKEN|API_?KEY|ADMIN_KEY|CREDENTIAL)\w*\s*=/i

/** What is wrong with a Dockerfile by the rules of this repository. */
export function lintDockerfile(text: string): string[] {
  const stages = parseStages(text)
  const final = stages.at(-1) ?? []
  const wrong: string[] = []
  const names = new Set<string>()
  for (const { name, value } of stages.flat()) {
    if (name === 'ADD') wrong.push('ADD fetches and unpacks unasked: use COPY')
    if ((name === 'ENV' || name === 'ARG') && SECRET.test(`${value}=`)) wrong.push(`${name} ${value} bakes a secret in`)
    if (name !== 'FROM') continue
    const [image = '', , stage] = value.split(/\s+/)
    if (!names.has(image) && !/:\d[\w.-]*$/.test(image) && !image.includes('@sha256:')) {
      wrong.push(`FROM ${image} names no version`)
    }
    if (stage !== undefined) names.add(stage)
  }
  const user = final.findLastIndex(({ name }) => name === 'USER')
  if (user < 0 || /^(root|0)(:|$)/.test(final[user]!.value)) wrong.push('the image runs as root')
  if (final.findLastIndex(({ name }) => name === 'RUN') > user && user >= 0) wrong.push('RUN comes after USER')
  if (!final.some(({ name }) => name === 'HEALTHCHECK')) wrong.push('HEALTHCHECK is missing')
  if (!final.some(({ name, value }) => /^(ENTRYPOINT|CMD)$/.test(name) && value.startsWith('['))) {
    wrong.push('the program is not started in exec form, so signals do not reach it')
  }
  return wrong
}
