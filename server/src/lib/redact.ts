/**
 * The forms of credentials that turn up in messages of providers, whole or
 * masked with asterisks. What follows a scheme must not be a plain word, so
 * that "Bearer authentication is required" can still be read.
 */
const CREDENTIAL_FORMS = new RegExp(
  [
    // OpenAI, Anthropic and most who came after them; Stability and ElevenLabs.
    /\bsk[-_][\w*-]{12,}/,
    // Hugging Face; an underscore would make it a name such as hf_hub_download.
    /\bhf_[A-Za-z0-9*]{16,}/,
    // Our own virtual keys.
    /\btrn_[A-Za-z0-9*]{12,}/,
    // AWS access key ids, lasting and temporary.
    /\bA[KS]IA[A-Z0-9]{16}\b/,
    // Google.
    /\bAIza[\w-]{35}/,
    /\bBearer\s+(?:(?=\S*\d)[\w.~+/=-]{8,}|[\w.~+/=-]{24,})/,
    // fal: an id and a secret.
    /\bKey\s+[A-Za-z0-9-]{8,}:(?=\S*\d)[A-Za-z0-9]{8,}/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

/** Anything shorter is a word that a message may need. */
const SHORTEST_SECRET = 6

/** The parts of a credential such as `ID:SECRET`, each of which a provider may quote by itself; plain words are none. */
const partsOf = (secret: string): string[] =>
  /^[^\s{]+$/.test(secret) ? secret.split(':').filter((part) => part.length >= 16 || /\d/.test(part)) : []

/** Every way in which the secrets may be quoted: whole, without the scheme before them, in parts; the longest first. */
function spellings(secrets: readonly (string | undefined)[]): string[] {
  return secrets
    .flatMap((secret = '') => {
      const bare = secret.replace(/^(?:Bearer|Basic|Key)\s+/i, '')
      return [secret, bare, ...partsOf(bare)]
    })
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length)
}

function redactSpelled(text: string, spelled: readonly string[]): string {
  let clean = text
  for (const secret of spelled) clean = clean.replaceAll(secret, '[redacted]')
  return clean.replace(CREDENTIAL_FORMS, '[redacted]')
}

/** The text without the given secrets, and without anything that looks like one. */
export const redact = (text: string, secrets: readonly (string | undefined)[]): string =>
  redactSpelled(text, spellings(secrets))

/** The longest id of a provider that is kept and told. */
const MAX_ID = 200

/** What ids are not made of. */
const NOT_OF_IDS = /[^\x21-\x7e]+/g

/**
 * What a provider's ids of requests are told as: without secrets, in characters
 * that logs and headers can hold, and cut. The secrets are taken apart once,
 * because every request has an id.
 */
export function idTeller(secrets: readonly (string | undefined)[]): (id: string) => string {
  const spelled = spellings(secrets)
  return (id) => redactSpelled(id, spelled).replace(NOT_OF_IDS, '_').slice(0, MAX_ID)
}

/** The longest message of a provider that is told to clients. */
const MAX_TOLD = 1_000

/** A provider's message for clients: without secrets first, and then cut, so that no half of one is left. */
export function tellSafely(message: string, secrets: readonly (string | undefined)[]): string {
  const clean = redact(message, secrets)
  return clean.length > MAX_TOLD ? `${clean.slice(0, MAX_TOLD)}…` : clean
}
