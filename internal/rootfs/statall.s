// This file lets statall.go declare functions of package runtime without a body.
