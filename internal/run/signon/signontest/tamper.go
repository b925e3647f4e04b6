package signontest

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// tamper has the provider answer, and changes the ID token as the test wants.
func (p *Provider) tamper(provider http.Handler, w http.ResponseWriter, r *http.Request) {
	change := p.now().Tamper
	if p.now().Forget && r.ParseForm() == nil {
		form := r.PostForm
		form.Del("code_verifier")
		r = r.Clone(r.Context())
		r.Form, r.PostForm = nil, nil
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(form.Encode())), int64(len(form.Encode()))
	}
	if change == nil {
		provider.ServeHTTP(w, r)
		return
	}
	kept := httptest.NewRecorder()
	provider.ServeHTTP(kept, r)
	var answer map[string]any
	if err := json.Unmarshal(kept.Body.Bytes(), &answer); err != nil || answer["id_token"] == nil {
		for name, values := range kept.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(kept.Code)
		w.Write(kept.Body.Bytes())
		return
	}
	signs := p.Newest()
	token := Token{Algorithm: jose.RS256, Key: signs.private, KeyID: signs.id, Claims: map[string]any{}}
	parts := strings.Split(answer["id_token"].(string), ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(payload, &token.Claims)
	}
	if err == nil {
		change(&token)
		answer["id_token"], err = token.sign()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

func (t Token) sign() (string, error) {
	payload, err := json.Marshal(t.Claims)
	if err != nil {
		return "", err
	}
	if t.Algorithm == "none" {
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." +
			base64.RawURLEncoding.EncodeToString(payload) + ".", nil
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: t.Algorithm, Key: t.Key},
		(&jose.SignerOptions{}).WithHeader("kid", t.KeyID))
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
