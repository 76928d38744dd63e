package statestoretest

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/statestore"
)

func testAssets(t *testing.T, store *statestore.Store) {
	ctx := t.Context()
	assets := store.Assets()
	fact := asset.Fact{Value: "봉수-1", Via: asset.ViaDHCP, First: Start, Last: Start.Add(time.Hour), Event: "evt_1_2_0"}
	one := asset.Asset{
		ID: "ast_1", Tenant: "org_default", Key: "mac 00:00:5e:00:53:01", First: Start, Last: Start.Add(time.Hour),
		Interfaces: []asset.Interface{{Fact: asset.Fact{Value: "00:00:5e:00:53:01", Via: asset.ViaARP, First: Start, Last: Start}, Vendor: "IANA"}},
		Addresses:  []asset.Address{{IP: netip.MustParseAddr("10.1.0.1"), Segment: "office", Via: asset.ViaARP, First: Start, Last: Start, Since: Start}},
		Names:      []asset.Fact{fact}, Roles: []asset.Fact{fact}, Systems: []asset.Fact{fact}, Models: []asset.Fact{fact}, Identifiers: []asset.Fact{fact},
		Services: []asset.Service{{Port: 443, Protocol: "tcp", App: "tls", First: Start, Last: Start}},
		Behind:   []netip.Addr{netip.MustParseAddr("fd00::1")}, Truncated: true, Apart: []string{"ast_9"},
		Because: []asset.Reason{{Kind: asset.SameAddress, Other: "ast_2", Value: "10.1.0.1", Time: Start}},
		Similar: []asset.Similar{{ID: "ast_3", Reason: asset.Reason{Kind: asset.SameName, Value: "봉수-1", Time: Start}}},
		Decided: asset.Decided{Name: "게이트웨이", Owner: "kim", Note: "x\n\x00y", Grade: segment.Sensitive, Role: "router"},
	}
	two := asset.Asset{ID: "ast_2", Tenant: "org_default", Key: "address office 10.1.0.1", First: Start, Last: Start, MergedInto: "ast_1"}
	if err := assets.SaveAssets(ctx, []asset.Asset{two, one}); err != nil {
		t.Fatal(err)
	}
	same := func(what string, want ...asset.Asset) {
		t.Helper()
		var got []asset.Asset
		if err := assets.Assets(ctx, func(a asset.Asset) error { got = append(got, a); return nil }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	same("stored", one, two)

	one.Last, one.Decided.Owner = Start.Add(2*time.Hour), ""
	if err := assets.SaveAssets(ctx, []asset.Asset{one}); err != nil {
		t.Fatal(err)
	}
	same("stored again", one, two)

	errStop := errors.New("stop")
	if err := assets.Assets(ctx, func(asset.Asset) error { return errStop }); !errors.Is(err, errStop) {
		t.Errorf("a walk that is stopped ends with %v", err)
	}
	err := store.Atomically(ctx, func(ctx context.Context) error {
		if err := assets.ForgetAssets(ctx, []string{"ast_1"}); err != nil {
			return err
		}
		return errStop
	})
	if !errors.Is(err, errStop) {
		t.Errorf("transaction ended with %v", err)
	}
	same("after a transaction that was given up", one, two)
	if err := assets.ForgetAssets(ctx, []string{"ast_2", "ast_none"}); err != nil {
		t.Fatal(err)
	}
	same("forgotten", one)
}
