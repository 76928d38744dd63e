package api

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/identity"
)

// Asset is a machine with what people call it.
type Asset struct {
	Label  string `json:"label" doc:"the best name"`
	Vendor string `json:"vendor,omitempty"`
	asset.Asset
}

func assetOf(a asset.Asset) Asset { return Asset{Label: a.Label(), Vendor: a.Vendor(), Asset: a} }

// AssetPage is part of the list of assets.
type AssetPage struct {
	Page[Asset]
	Total int `json:"total" doc:"that the filter takes"`
}

// AssetFilter chooses machines.
type AssetFilter struct {
	Text    string    `query:"q" maxLength:"256" doc:"part of a name, an address, a maker or an owner"`
	Segment string    `query:"segment" maxLength:"128"`
	Prefix  string    `query:"prefix" maxLength:"64" doc:"that holds one of its addresses"`
	Role    string    `query:"role" maxLength:"64"`
	Owner   string    `query:"owner" maxLength:"256"`
	Seen    time.Time `query:"seen_since"`
	New     time.Time `query:"new_since"`
	Similar bool      `query:"similar" doc:"only those that may be the same machine as another"`
}

func (f AssetFilter) filter() (asset.Filter, error) {
	out := asset.Filter{Text: f.Text, Segment: f.Segment, Role: f.Role, Owner: f.Owner, Seen: f.Seen, New: f.New, Similar: f.Similar}
	if f.Prefix != "" {
		p, err := netip.ParsePrefix(f.Prefix)
		if err != nil {
			return out, huma.Error422UnprocessableEntity("prefix " + f.Prefix + " is not one such as 192.168.10.0/24")
		}
		out.Prefix = p
	}
	return out, nil
}

func (s *server) assets() {
	const tag = "assets"
	add(s, operation{id: "list-assets", method: http.MethodGet, path: "/assets", summary: "Machines seen, the latest active first", action: identity.ReadAssets, tag: tag, errors: []int{422}},
		func(_ context.Context, in *struct {
			Paging
			AssetFilter
		},
		) (*body[AssetPage], error) {
			f, err := in.filter()
			if err != nil {
				return nil, err
			}
			p, err := s.Assets.List(f, in.Cursor, in.Limit)
			out := &body[AssetPage]{AssetPage{Page: Page[Asset]{Items: []Asset{}, Next: p.Next}, Total: p.Total}}
			for _, a := range p.Assets {
				out.Body.Items = append(out.Body.Items, assetOf(a))
			}
			return out, err
		})
	huma.Register(s.api, operation{id: "export-assets", method: http.MethodGet, streams: true, path: "/assets/export", summary: "All machines as CSV", action: identity.ReadAssets, tag: tag}.huma(),
		func(_ context.Context, in *struct{ AssetFilter }) (*huma.StreamResponse, error) {
			f, err := in.filter()
			if err != nil {
				return nil, err
			}
			var all []asset.Asset
			for cursor := ""; ; {
				p, err := s.Assets.List(f, cursor, maxN)
				if err != nil {
					return nil, err
				}
				all = append(all, p.Assets...)
				if cursor = p.Next; cursor == "" {
					break
				}
			}
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				_, w := humago.Unwrap(hc)
				w.Header().Set("Content-Type", "text/csv; charset=utf-8")
				w.Header().Set("Content-Disposition", `attachment; filename="assets.csv"`)
				_ = asset.WriteCSV(w, all) // whoever asked has gone
			}}, nil
		})
	add(s, operation{id: "get-asset", method: http.MethodGet, path: "/assets/{id}", summary: "One machine", action: identity.ReadAssets, tag: tag, errors: []int{404}},
		func(_ context.Context, in *ByID) (*body[Asset], error) {
			a, err := s.Assets.Get(in.ID)
			return &body[Asset]{assetOf(a)}, err
		})
	add(s, operation{id: "change-asset", method: http.MethodPatch, path: "/assets/{id}", summary: "Say what is known of a machine; it is never overwritten by what is seen", action: identity.ChangeAssets, tag: tag, errors: []int{404, 422}},
		func(ctx context.Context, in *struct {
			ByID
			Body asset.Edit
		},
		) (*body[Asset], error) {
			a, err := s.Assets.Edit(ctx, in.ID, in.Body)
			return &body[Asset]{assetOf(a)}, err
		})
	add(s, operation{id: "merge-assets", method: http.MethodPost, path: "/assets/{id}/merge", summary: "Say that other assets are this machine", action: identity.ChangeAssets, tag: tag, errors: []int{404, 422}},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Others []string `json:"others" minItems:"1" maxItems:"64"`
				Note   string   `json:"note,omitempty" maxLength:"2048"`
			}
		},
		) (*body[Asset], error) {
			a, err := s.Assets.Merge(ctx, in.ID, in.Body.Others, in.Body.Note)
			return &body[Asset]{assetOf(a)}, err
		})
	add(s, operation{id: "split-asset", method: http.MethodPost, path: "/assets/{id}/split", summary: "Take a part out: an asset that was merged into it, a MAC or an IP address", action: identity.ChangeAssets, tag: tag, errors: []int{404, 422}},
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Part string `json:"part" minLength:"1" maxLength:"128"`
				Note string `json:"note,omitempty" maxLength:"2048"`
			}
		},
		) (*body[Asset], error) {
			a, err := s.Assets.Split(ctx, in.ID, in.Body.Part, in.Body.Note)
			return &body[Asset]{assetOf(a)}, err
		})
}
