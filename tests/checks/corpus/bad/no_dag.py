# EXPECT: no-dag
VALUE = 1
