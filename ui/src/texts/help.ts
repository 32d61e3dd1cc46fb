/** Texts of the help pages. */
export const texts = {
  title: 'Help',
  lead: 'Guides that come with Deskhand. They work without a network connection.',
  all: 'All guides',
  open: (title: string) => `Help for ${title}`,
  missing: 'There is no such guide.',
}
