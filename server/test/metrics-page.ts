/** A page of metrics, read as strictly as Prometheus reads it. */
export interface Page {
  text: string
  contentType: string | null
  types: ReadonlyMap<string, string>
  /** The value of a line by its name and labels, as they stand there; 0 where there is none. */
  at(line: string): number
  lines: ReadonlyMap<string, number>
}

const LINE = /^([a-z_:][\w:]*)(\{(?:[a-z_]\w*="(?:[^"\\]|\\.)*",?)*\})? (NaN|[+-]?Inf|[+-]?[\d.]+(?:e[+-]?\d+)?)$/i

const numberOf = (text: string): number => (/Inf$/.test(text) ? Number.POSITIVE_INFINITY : Number(text))

/** Every bucket of a histogram holds the ones before, and the last one is their count. */
function checkBuckets(lines: ReadonlyMap<string, number>): void {
  const seen = new Map<string, number>()
  for (const [line, value] of lines) {
    const [, name, labels, bound] = /^(\w+)_bucket\{(.*le="([^"]+)".*)\}$/.exec(line) ?? []
    if (name === undefined) continue
    const rest = labels!.replace(/,?le="[^"]+"/, '').replace(/^,/, '')
    const key = rest === '' ? name : `${name}{${rest}}`
    if (value < (seen.get(key) ?? 0)) throw new Error(`${line} holds less than the one before`)
    seen.set(key, value)
    const count = lines.get(key.replace(name, `${name}_count`))
    if (bound === '+Inf' && count !== value) throw new Error(`${line} is not the count`)
  }
}

export async function readMetrics(url: string, key?: string): Promise<Page> {
  const response = await fetch(
    `${url}/metrics`,
    key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } },
  )
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  const types = new Map<string, string>()
  const lines = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue
    const [, typed, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? []
    if (typed !== undefined) {
      if (types.has(typed)) throw new Error(`${typed} comes twice`)
      types.set(typed, type!)
      continue
    }
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name === undefined) throw new Error(`This is no line of metrics: ${line}`)
    if (!types.has(name) && !types.has(name.replace(/_(bucket|sum|count)$/, ''))) throw new Error(`${name} has no type`)
    const place = name + labels
    if (lines.has(place)) throw new Error(`${place} comes twice`)
    lines.set(place, numberOf(value!))
  }
  checkBuckets(lines)
  return { text, contentType: response.headers.get('content-type'), types, lines, at: (line) => lines.get(line) ?? 0 }
}
