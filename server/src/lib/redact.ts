/** The forms in which credentials turn up in error messages of providers. */
const CREDENTIAL_FORMS =
  /\b(?:sk|pk|rk|hf|key|trn|AKIA|ASIA|AIza)[-_]?[A-Za-z0-9_*-]{12,}|\bBearer\s+[A-Za-z0-9._~+/=-]{8,}/g

/** The text without the given secrets, and without anything that looks like one. */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  let clean = text
  for (const secret of secrets) if (secret && secret.length >= 4) clean = clean.replaceAll(secret, '[redacted]')
  return clean.replace(CREDENTIAL_FORMS, '[redacted]')
}

/** The longest message of a provider that is told to clients. */
const MAX_TOLD = 1_000

/** A provider's message for clients: without secrets first, and then cut, so that no half of one is left. */
export function tellSafely(message: string, secrets: readonly (string | undefined)[]): string {
  const clean = redact(message, secrets)
  return clean.length > MAX_TOLD ? `${clean.slice(0, MAX_TOLD)}…` : clean
}
