"""An invented service provider and its day: people, titles and the courses that tickets take."""
