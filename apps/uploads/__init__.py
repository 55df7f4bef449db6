"""Worth copying: uploads that survive a full disk. Add a login: here everybody may upload."""
