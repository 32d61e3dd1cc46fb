"""Another program's window, in front of everything."""

from desktop.toolkit import find_gtk

gtk = find_gtk()
window = gtk.Window(title="Another")
window.set_default_size(600, 500)
window.show_all()
gtk.main()
