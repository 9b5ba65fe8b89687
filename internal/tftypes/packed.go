package tftypes

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// packedKey is the only key of a packed map, and begins the only element of a packed set. No scope
// has such a name.
const packedKey = "\x00packed"

// Packed names the attributes of a resource that are packed.
type Packed struct {
	Maps []string // of TextMapType
	Sets []string // of ScopeSetType, or maps of these, or maps of such maps
}

// Pack returns an object, encoded as by Terraform, in which maps and sets of strings are packed:
// the only element of a packed value is its encoding. The framework visits every element many
// times in a plan. Equal values are packed equally, because Terraform sorts them. A value stays
// as it is if it is null or unknown, and so does a set with a null or unknown element.
func (p Packed) Pack(object []byte) ([]byte, error) { return p.rewrite(object, packMap, packSets) }

// Unpack is the inverse of Pack. A value that is not packed stays as it is.
func (p Packed) Unpack(object []byte) ([]byte, error) {
	return p.rewrite(object, unpackMap, unpackSets)
}

type change func(raw []byte) ([]byte, error)

func (p Packed) rewrite(object []byte, maps, sets change) ([]byte, error) {
	return rewrite(object, func(name string, raw []byte) ([]byte, error) {
		switch {
		case slices.Contains(p.Maps, name):
			return maps(raw)
		case slices.Contains(p.Sets, name):
			return sets(raw)
		}
		return raw, nil
	})
}

func packMap(raw []byte) ([]byte, error) {
	if n, err := lengthOf(msgpack.NewDecoder(bytes.NewReader(raw)), isMap); err != nil || n < 0 {
		return raw, err
	}
	var out bytes.Buffer
	enc := msgpack.NewEncoder(&out)
	_ = enc.EncodeMapLen(1) // a buffer accepts every write
	_ = enc.EncodeString(packedKey)
	_ = enc.EncodeString(string(raw))
	return out.Bytes(), nil
}

func unpackMap(raw []byte) ([]byte, error) {
	dec := msgpack.NewDecoder(bytes.NewReader(raw))
	if n, err := lengthOf(dec, isMap); err != nil || n != 1 {
		return raw, err
	}
	if key, err := dec.DecodeString(); err != nil || key != packedKey {
		return raw, err
	}
	packed, err := dec.DecodeString()
	return []byte(packed), err
}

func packSets(raw []byte) ([]byte, error) { return eachSet(raw, packSet) }

func unpackSets(raw []byte) ([]byte, error) { return eachSet(raw, unpackSet) }

// eachSet changes a set, or all sets of a map. dec is behind the length n of the set.
func eachSet(raw []byte, change func(raw []byte, dec *msgpack.Decoder, n int) ([]byte, error)) ([]byte, error) {
	dec := msgpack.NewDecoder(bytes.NewReader(raw))
	switch n, err := lengthOf(dec, isArray); {
	case err != nil:
		return raw, err
	case n >= 0:
		return change(raw, dec, n)
	}
	return rewrite(raw, func(_ string, element []byte) ([]byte, error) { return eachSet(element, change) })
}

func packSet(raw []byte, dec *msgpack.Decoder, n int) ([]byte, error) {
	for range n {
		code, err := dec.PeekCode()
		if err != nil || !msgpcode.IsString(code) {
			return raw, err
		}
		if err := dec.Skip(); err != nil {
			return raw, err
		}
	}
	var out bytes.Buffer
	enc := msgpack.NewEncoder(&out)
	_ = enc.EncodeArrayLen(1) // a buffer accepts every write
	_ = enc.EncodeString(packedKey + string(raw))
	return out.Bytes(), nil
}

func unpackSet(raw []byte, dec *msgpack.Decoder, n int) ([]byte, error) {
	if n != 1 {
		return raw, nil
	}
	if code, err := dec.PeekCode(); err != nil || !msgpcode.IsString(code) {
		return raw, err
	}
	element, err := dec.DecodeString()
	if packed, ok := strings.CutPrefix(element, packedKey); ok {
		return []byte(packed), err
	}
	return raw, err
}

// rewrite changes the elements of an encoded map or object. Another value stays as it is.
func rewrite(object []byte, change func(name string, raw []byte) ([]byte, error)) ([]byte, error) {
	dec := msgpack.NewDecoder(bytes.NewReader(object))
	n, err := lengthOf(dec, isMap)
	if err != nil || n < 0 {
		return object, err
	}
	var out bytes.Buffer
	out.Grow(len(object))
	enc := msgpack.NewEncoder(&out)
	_ = enc.EncodeMapLen(n)
	for range n {
		name, err := dec.DecodeString()
		if err != nil {
			return object, err
		}
		raw, err := dec.DecodeRaw()
		if err != nil {
			return object, err
		}
		if raw, err = change(name, raw); err != nil {
			return object, err
		}
		_ = enc.EncodeString(name)
		_, _ = out.Write(raw)
	}
	return out.Bytes(), nil
}

// lengthOf begins to decode a map or an array, and returns its length. The length of another value
// is -1.
func lengthOf(dec *msgpack.Decoder, is func(code byte) bool) (int, error) {
	code, err := dec.PeekCode()
	if err != nil || !is(code) {
		return -1, err
	}
	if isMap(code) {
		return dec.DecodeMapLen()
	}
	return dec.DecodeArrayLen()
}

func isMap(code byte) bool {
	return msgpcode.IsFixedMap(code) || code == msgpcode.Map16 || code == msgpcode.Map32
}

func isArray(code byte) bool {
	return msgpcode.IsFixedArray(code) || code == msgpcode.Array16 || code == msgpcode.Array32
}

// Entries returns the entries of a map of strings, which may be packed. A map that is null
// or unknown has none.
func Entries(raw tftypes.Value) map[string]tftypes.Value {
	var all map[string]tftypes.Value
	if raw.IsNull() || !raw.IsKnown() || raw.As(&all) != nil {
		return nil
	}
	encoded, packed := encoding(all)
	if !packed {
		return all
	}
	value, err := tfprotov6.DynamicValue{MsgPack: []byte(encoded)}.Unmarshal(raw.Type())
	if err != nil { // not packed: a key like that of a packed map
		return all
	}
	return Entries(value)
}

// Names returns the elements of a set of strings, which may be packed. A set that is null or unknown
// has none.
func Names(raw tftypes.Value) (all []tftypes.Value) {
	plain, _ := plainSet(raw)
	if plain.IsKnown() {
		_ = plain.As(&all) // none if it is null
	}
	return all
}

// plainSet returns a set of strings, and whether raw is that set packed.
func plainSet(raw tftypes.Value) (plain tftypes.Value, packed bool) {
	var all []tftypes.Value
	if raw.IsNull() || !raw.IsKnown() || raw.As(&all) != nil {
		return raw, false
	}
	encoded, packed := encodedSet(all)
	if !packed {
		return raw, false
	}
	plain, err := tfprotov6.DynamicValue{MsgPack: []byte(encoded)}.Unmarshal(raw.Type())
	if err != nil { // not packed: a name that begins like a packed set
		return raw, false
	}
	return plain, true
}

// encodedSet returns the only element of a packed set.
func encodedSet(all []tftypes.Value) (encoded string, packed bool) {
	var element string
	if len(all) != 1 || !all[0].IsKnown() || all[0].IsNull() || all[0].As(&element) != nil {
		return "", false
	}
	return strings.CutPrefix(element, packedKey)
}

// encoding returns the only element of a packed map.
func encoding(all map[string]tftypes.Value) (encoded string, packed bool) {
	element, ok := all[packedKey]
	packed = ok && len(all) == 1 && element.As(&encoded) == nil
	return encoded, packed
}
