package ocariot

import "github.com/golang-jwt/jwt/v5"

// scopesBody is the body of a replace. Scopes is never nil, because the server returns 500 for
// null.
type scopesBody struct {
	Scopes []string `json:"scopes"`
}

type loginBody struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// claims are the claims of an access token that the driver uses. Scope is as of the login.
type claims struct {
	Scope   string `json:"scope"`
	SubType string `json:"sub_type"` // the user's type
	jwt.RegisteredClaims
}

// apiError is the error object of gateway and account service.
type apiError struct {
	Code        int    `json:"code"`
	Message     string `json:"message"`
	Description string `json:"description"` // absent in some
}
