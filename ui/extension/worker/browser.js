// The browser's name, as Deskhand shows it.

/** Name a browser by its brands: "Microsoft Edge 156". */
export function nameBrowser(agent = navigator) {
  const brands = (agent.userAgentData?.brands ?? []).filter(({brand}) => !/not.?a.?brand/i.test(brand))
  const known = brands.find(({brand}) => brand !== 'Chromium') ?? brands[0]
  return known ? `${known.brand} ${known.version}` : 'Browser'
}
