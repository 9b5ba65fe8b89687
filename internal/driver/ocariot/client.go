package ocariot

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

const (
	// maxWritten is the number of users of a type that a replace changes: those created last. It
	// is also the default page size of a list. Source:
	// https://github.com/ocariot/account/blob/2.6.1/src/infrastructure/repository/query/pagination.ts
	maxWritten = 100
	// pageSize is the page size of a list that counts users. The services have no maximum.
	pageSize = 1000
)

// replace sets the scopes of the users of a type. The server responds when the first user is
// written, and in the same way if there is no user. API:
// https://github.com/ocariot/api-gateway/wiki (POST users.types.scopes)
func (d *Driver) replace(ctx context.Context, op, userType string, scopes []string) error {
	_, err := httpapi.Do(ctx, d.open, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.scopesURL(userType), Body: scopesBody{Scopes: scopes},
		Classify: d.classify(adviseReplace(scopes)),
	}, nil)
	if err == nil {
		d.endpoint.found()
	}
	return err
}

func (d *Driver) scopesURL(userType string) string {
	return d.base + "/v1/users/types/" + userType + "/scopes"
}

// matching is a filter for the list of a type's users.
type matching []string

// matchingAll matches users that have each of the names.
func matchingAll(names []string) matching { return names }

// matchingSome matches users that have at least one of the names.
func matchingSome(names []string) matching { return matching{strings.Join(names, ",")} }

// exists returns whether a user of a type matches, and the number of all users of the type.
func (d *Driver) exists(ctx context.Context, op, userType string, m matching) (found bool, total int, err error) {
	rows, total, err := d.page(ctx, op, userType, m, 1, 1)
	return rows > 0, total, err
}

// count returns the number of users of a type that match, and of all users of the type.
func (d *Driver) count(ctx context.Context, op, userType string, m matching) (hits, total int, err error) {
	for page := 1; ; page++ {
		var rows int
		if rows, total, err = d.page(ctx, op, userType, m, pageSize, page); err != nil {
			return 0, 0, err
		}
		hits += rows
		if rows < maxWritten || hits >= total { // a service can have a maximum page size, but none below its default
			return hits, total, nil
		}
	}
}

// page returns the number of users on one page of the list of a type's users, and of all users of
// the type. Source: https://github.com/ocariot/account/tree/2.6.1/src/ui/controller (the filter
// is an undocumented result of the query parser).
func (d *Driver) page(ctx context.Context, op, userType string, m matching, limit, page int) (rows, total int, err error) {
	var users []struct{}
	query := url.Values{"scopes": m, "limit": {strconv.Itoa(limit)}, "page": {strconv.Itoa(page)}}
	header, err := httpapi.Do(ctx, d.reader, httpapi.Call{
		Op: op, Method: http.MethodGet, URL: d.base + "/v1/" + collection(userType) + "?" + query.Encode(),
		Classify: d.classify(adviseListing, collection(userType)+":readAll"),
	}, &users)
	if err != nil {
		return 0, 0, err
	}
	total, err = strconv.Atoi(header.Get("X-Total-Count"))
	if err != nil {
		return 0, 0, authz.Errorf(authz.Unavailable, op, "the listing of users has no number in the header X-Total-Count")
	}
	return len(users), total, nil
}

// login gets a token whose claims contain the user's current scopes. It changes only the user's
// last_login. Source:
// https://github.com/ocariot/account/blob/2.6.1/src/infrastructure/repository/auth.repository.ts
func (d *Driver) login(ctx context.Context, op string, user Login) (*oauth2.Token, *claims, error) {
	var got httpapi.TokenResponse
	_, err := httpapi.Do(ctx, d.open, httpapi.Call{
		Op: op, Method: http.MethodPost, URL: d.base + "/v1/auth", Body: loginBody(user),
		Repeatable: true, Classify: d.classify(adviseLogin),
	}, &got)
	if err != nil {
		return nil, nil, err
	}
	d.secrets.Add(got.AccessToken)
	// The signature is not verified: the key is not published, and the token comes from the
	// server itself. The parser's own error could quote the token.
	held := &claims{}
	_, _, err = jwt.NewParser().ParseUnverified(got.AccessToken, held)
	if err != nil || held.ExpiresAt == nil {
		return nil, nil, authz.Errorf(authz.Unavailable, op, "the response to the login has no readable token")
	}
	return &oauth2.Token{AccessToken: got.AccessToken, Expiry: held.ExpiresAt.Time}, held, nil
}
