/** The forms in which credentials turn up in error messages of providers. */
const CREDENTIAL_FORMS =
  /\b(?:sk|pk|rk|hf|key|trn|AKIA|ASIA|AIza)[-_]?[A-Za-z0-9_*-]{12,}|\bBearer\s+[A-Za-z0-9._~+/=-]{8,}/g

/** The text without the given secrets, and without anything that looks like one. */
export function redact(text: string, secrets: readonly (string | undefined)[]): string {
  let clean = text
  for (const secret of secrets) if (secret && secret.length >= 4) clean = clean.replaceAll(secret, '[redacted]')
  return clean.replace(CREDENTIAL_FORMS, '[redacted]')
}
