/** Texts about the state of Deskhand that appear on several pages. */
export const texts = {
  paused: (until: string | undefined): string =>
    until ? `Deskhand is paused until ${until}. Changes are blocked; reading still works.` : 'Deskhand is paused. Changes are blocked until you resume; reading still works.',
  setUpTunnel: 'ChatGPT cannot reach this computer yet. Set up the tunnel, with a free ngrok account.',
  setUpTunnelAction: 'Set up the tunnel',
  demoAddress: 'This is the demo: its tunnel leads to this computer only, so ChatGPT cannot use this address. Connect ChatGPT in Deskhand itself.',
}
