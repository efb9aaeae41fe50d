/** The provider, and the adapter, of any server that speaks OpenAI's API and has no name of its own. */
export const GENERIC_PROVIDER = 'openai-compatible'
