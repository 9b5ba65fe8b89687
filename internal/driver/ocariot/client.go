package ocariot

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// pageSize is the most that a listing answers with, and how many users of a
// type a replace reaches.
// Source: https://github.com/ocariot/account/blob/2.6.1/src/infrastructure/repository/query/pagination.ts
const pageSize = 100

// replace sets the scopes of the users of a type. The server answers when the
// first of them is written, and the same when there is none.
// API: https://github.com/ocariot/api-gateway/wiki (POST users.types.scopes)
func (d *Driver) replace(ctx context.Context, op, userType string, scopes []string) error {
	_, err := httpapi.Do(ctx, d.open, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.base + "/v1/users/types/" + userType + "/scopes", Body: scopesBody{Scopes: scopes},
		Classify: d.classify(adviseReplace(scopes)),
	}, nil)
	return err
}

// count counts the users of a type that have a scope, and all users of the
// type. Without all it stops at the first that has it.
// Source: https://github.com/ocariot/account/tree/2.6.1/src/ui/controller (the
// filter is a by-product of the listings' query parser, in no documentation).
func (d *Driver) count(ctx context.Context, op, userType, scope string, all bool) (hits, total int, err error) {
	limit := 1
	if all {
		limit = pageSize
	}
	for page := 1; ; page++ {
		var rows []struct{}
		query := url.Values{"scopes": {scope}, "limit": {strconv.Itoa(limit)}, "page": {strconv.Itoa(page)}}
		header, err := httpapi.Do(ctx, d.reader, httpapi.Call{
			Op: op, Method: http.MethodGet, URL: d.base + "/v1/" + collection(userType) + "?" + query.Encode(),
			Classify: d.classify(adviseListing(userType)),
		}, &rows)
		if err != nil {
			return 0, 0, err
		}
		total, err = strconv.Atoi(header.Get("X-Total-Count"))
		if err != nil {
			return 0, 0, authz.Errorf(authz.Unavailable, op, "the listing of users came without a number in X-Total-Count; is url ocariot's?")
		}
		hits += len(rows)
		if !all || len(rows) < limit || page*limit >= total {
			return hits, total, nil
		}
	}
}

// login gets a token, whose claims hold the user's scopes at this moment. The
// only thing it changes is the user's last_login.
// Source: https://github.com/ocariot/account/blob/2.6.1/src/infrastructure/repository/auth.repository.ts
func (d *Driver) login(ctx context.Context, op string, user Login) (*oauth2.Token, *claims, error) {
	var got httpapi.Grant
	_, err := httpapi.Do(ctx, d.open, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.base + "/v1/auth", Body: loginBody(user),
		Repeatable: true, Classify: d.classify(adviseLogin),
	}, &got)
	if err != nil {
		return nil, nil, err
	}
	d.secrets.Add(got.AccessToken)
	// Not verified: the key is not published, and the token comes from the
	// server itself. The parser's own error could quote the token.
	held := &claims{}
	_, _, err = jwt.NewParser().ParseUnverified(got.AccessToken, held)
	if err != nil || held.ExpiresAt == nil {
		return nil, nil, authz.Errorf(authz.Unavailable, op, "the answer to the login holds no token that can be read")
	}
	return &oauth2.Token{AccessToken: got.AccessToken, Expiry: held.ExpiresAt.Time}, held, nil
}
