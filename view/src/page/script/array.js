// array
