// links
