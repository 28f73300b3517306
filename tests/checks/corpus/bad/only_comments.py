# EXPECT: empty-file
# nothing yet
