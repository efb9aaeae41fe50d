const COMMON = new Set(
  `a about above after again all also am an and answer any are as ask at be because been before being but by call can could
did do does doing down during each else emulated every explain few for from further get give given had has have he
hello help her here hi him his how i if in into is it its json just know let like list make many me more most much must my
name need new no nor not now of off on once one only or other our out over own per please provide put reply return
same say sentence sentences she should show so some such tell than thank thanks that the their them then there these
they this those three through to too two under until up use using very want was we well were what when where which
while who why will with word words would write yes you your`.split(/\s+/),
)

/** What a prompt is about, as far as its words tell. */
export interface Topic {
  /** The telling words in lower case, in their order, without repetition; never empty. */
  words: string[]
  /** Names: words with a capital that do not begin a sentence. */
  names: string[]
  /** The first words of the prompt, to be quoted. */
  quote: string
  /** How many words the prompt asks for, where it says so. */
  askedWords: number | undefined
}

export function topicOf(prompt: string): Topic {
  const plain = prompt.replace(/\s+/g, ' ').trim().slice(0, 20_000)
  const found = plain.match(/\p{L}[\p{L}\p{N}'-]*/gu) ?? []
  const words = [...new Set(found.map((word) => word.toLowerCase()))].filter(
    (word) => word.length > 2 && !COMMON.has(word),
  )
  const names = [...plain.matchAll(/(?<![.!?:]\s)(?<=\s)\p{Lu}[\p{L}-]+(?: \p{Lu}[\p{L}-]+)*/gu)]
    .map((match) => match[0])
    .filter((name) => !COMMON.has(name.toLowerCase()))
  const quoted = plain.split(' ').slice(0, 8).join(' ').slice(0, 60)
  const asked = /\b(\d{1,5})[- ]words?\b/i.exec(plain)?.[1]
  return {
    words: words.length > 0 ? words : ['the question'],
    names: [...new Set(names)],
    quote: quoted.replace(/[“”"]/g, "'").replace(/[\s.,;:!?]+$/, ''),
    askedWords: asked === undefined ? undefined : Number(asked),
  }
}
