package duosim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	caFile      = "ca.pem"
	caKeyFile   = "ca-key.pem"
	caLifetime  = 10 * 365 * 24 * time.Hour
	hostCertAge = 365 * 24 * time.Hour
)

// authority is the private CA behind the simulator's certificate. It is constrained to localhost, so that trusting it
// by mistake opens nothing else.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// openAuthority reads the CA kept in a folder, or makes one there when there is none or it is about to expire.
func openAuthority(dir string) (*authority, error) {
	ca, err := readAuthority(dir)
	if err == nil && time.Until(ca.certificate.NotAfter) > hostCertAge {
		return ca, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("duosim: read the CA in %s: %w", dir, err)
	}
	if ca, err = makeAuthority(dir); err != nil {
		return nil, fmt.Errorf("duosim: make a CA in %s: %w", dir, err)
	}
	return ca, nil
}

func readAuthority(dir string) (*authority, error) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, caFile), filepath.Join(dir, caKeyFile))
	if err != nil {
		return nil, err
	}
	return &authority{pair.Leaf, pair.PrivateKey.(crypto.Signer)}, nil
}

func makeAuthority(dir string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: randomSerial(), Subject: pkix.Name{CommonName: "duosim private CA"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(caLifetime),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, IsCA: true, BasicConstraintsValid: true,
		MaxPathLenZero:              true,
		PermittedDNSDomainsCritical: true, PermittedDNSDomains: []string{"localhost"},
		PermittedIPRanges: []*net.IPNet{{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	// The key goes first: a certificate without its key would be an error at the next start, the reverse is not.
	for _, file := range []struct {
		name, kind string
		der        []byte
	}{{caKeyFile, "PRIVATE KEY", keyDER}, {caFile, "CERTIFICATE", der}} {
		block := pem.EncodeToMemory(&pem.Block{Type: file.kind, Bytes: file.der})
		if err := os.WriteFile(filepath.Join(dir, file.name), block, 0o600); err != nil {
			return nil, err
		}
	}
	return &authority{certificate, key}, nil
}

// hostCertificate makes a certificate for every simulated host and for localhost itself.
func (ca *authority) hostCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: randomSerial(), Subject: pkix.Name{CommonName: Domain},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(hostCertAge),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"*." + Domain, "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.certificate, key.Public(), ca.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("duosim: sign the host certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

func randomSerial() *big.Int {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		panic(err)
	}
	return serial
}
