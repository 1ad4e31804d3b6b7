"""What is kept as files, and what is fetched from elsewhere: the folder, pictures, the fetcher."""
