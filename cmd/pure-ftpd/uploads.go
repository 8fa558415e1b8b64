package main

import (
	"pureftpd/internal/options"
	"pureftpd/internal/record"
	"pureftpd/internal/session"
	"pureftpd/internal/uploads"
)

// openUploads begins to tell upload scripts of uploads, as root where there is root: pipe, lock and spool are root's. Without -o
// nobody is told.
func (g *generation) openUploads(p *parts, o *options.Options) (session.Announcer, error) {
	if !o.UploadScript {
		return nil, nil //nolint:nilnil // nobody
	}
	courier, release, err := p.couriers.hold(struct{}{}, func() (*uploads.Courier, error) {
		return uploads.Open(uploads.Config{
			Files:  uploads.System(),
			Spool:  uploads.SpoolPath,
			Access: asRoot,
			Report: func(message string) { p.log.WriteString(record.Warning, message) },
		})
	})
	if err != nil {
		return nil, err
	}
	g.ends = append(g.ends, release)
	g.courier = courier
	return courier, nil
}
