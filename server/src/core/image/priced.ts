/** The settings that prices of pictures depend on, as they are sent. */
export function pricedSettings(sent: Readonly<Record<string, unknown>>): Record<string, string> {
  const settings: Record<string, string> = {}
  for (const name of ['quality', 'size', 'resolution', 'imageSize', 'endpoint']) {
    if (typeof sent[name] === 'string') settings[name] = sent[name]
  }
  return settings
}
