/** How much a client wants a media type, from 0 to 1 (RFC 9110, section 12.5.1: the most specific range counts). */
function quality(accept: string, type: string): number {
  let best = { specificity: -1, q: 0 }
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const specificity = [`*/*`, `${type.split('/', 1)[0]}/*`, type].indexOf(name)
    if (specificity <= best.specificity) continue
    const given = parameters.find((parameter) => parameter.startsWith('q='))
    const q = given === undefined ? 1 : Number(given.slice(2))
    best = { specificity, q: Number.isFinite(q) ? q : 0 }
  }
  return best.q
}

/** Whether a client would rather have HTML than JSON. Without a preference it gets JSON. */
export function prefersHtml(accept: string | undefined): boolean {
  return accept !== undefined && quality(accept, 'text/html') > quality(accept, 'application/json')
}
