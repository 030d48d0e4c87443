module example.com/readingtime

go 1.19
