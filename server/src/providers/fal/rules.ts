/** In what endpoints differ from the usual, by their ids; where several rules fit, later ones win. */
export type Rules<Endpoint> = readonly (readonly [endpoints: RegExp, differences: Partial<Endpoint>])[]

export const endpointBy = <Endpoint extends object>(usual: Endpoint, rules: Rules<Endpoint>, id: string): Endpoint =>
  Object.assign({}, usual, ...rules.filter(([endpoints]) => endpoints.test(id)).map(([, differences]) => differences))
