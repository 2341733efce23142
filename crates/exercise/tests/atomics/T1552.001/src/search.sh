grep -ri password "$1"
