/** Texts of the access page. */
export const texts = {
  title: 'Access',
  lead: 'Apps and scripts that can use this computer, and what each is allowed to do.',
  clients: 'Clients',
  search: 'Search clients',
  sort: 'Sort by',
  sorts: { used: 'Last used', name: 'Name', created: 'Newest' },
  noMatch: 'No clients match your search.',
}
