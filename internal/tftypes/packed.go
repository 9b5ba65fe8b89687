package tftypes

import (
	"bytes"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// packedKey is the only key of a packed map. No scope has this name.
const packedKey = "\x00packed"

// Pack returns an object, encoded as by Terraform, in which maps of strings are packed: the
// only element of a packed map is its encoding. The framework visits every element of
// every map many times in a plan. Equal maps are packed equally, because Terraform sorts
// them by key. A map that is null or unknown, or that has other elements than strings,
// stays as it is. The attributes must be of TextMapType.
func Pack(object []byte, attributes []string) ([]byte, error) {
	return rewrite(object, attributes, func(raw []byte) ([]byte, error) {
		if texts, err := isTexts(raw); err != nil || !texts {
			return raw, err
		}
		var out bytes.Buffer
		enc := msgpack.NewEncoder(&out)
		_ = enc.EncodeMapLen(1) // a buffer accepts every write
		_ = enc.EncodeString(packedKey)
		_ = enc.EncodeString(string(raw))
		return out.Bytes(), nil
	})
}

// Unpack is the inverse of Pack. A map that is not packed stays as it is.
func Unpack(object []byte, attributes []string) ([]byte, error) {
	return rewrite(object, attributes, func(raw []byte) ([]byte, error) {
		dec := msgpack.NewDecoder(bytes.NewReader(raw))
		if n, err := mapLen(dec); err != nil || n != 1 {
			return raw, err
		}
		if key, err := dec.DecodeString(); err != nil || key != packedKey {
			return raw, err
		}
		packed, err := dec.DecodeString()
		return []byte(packed), err
	})
}

// rewrite changes attributes of an encoded object. A null object has none.
func rewrite(object []byte, attributes []string, change func(raw []byte) ([]byte, error)) ([]byte, error) {
	dec := msgpack.NewDecoder(bytes.NewReader(object))
	n, err := mapLen(dec)
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
		if slices.Contains(attributes, name) {
			if raw, err = change(raw); err != nil {
				return object, err
			}
		}
		_ = enc.EncodeString(name)
		_, _ = out.Write(raw)
	}
	return out.Bytes(), nil
}

// mapLen begins to decode a map and returns its length. The length of another value is -1.
func mapLen(dec *msgpack.Decoder) (int, error) {
	code, err := dec.PeekCode()
	if err != nil || !msgpcode.IsFixedMap(code) && code != msgpcode.Map16 && code != msgpcode.Map32 {
		return -1, err
	}
	return dec.DecodeMapLen()
}

// isTexts reports whether a value is a map of strings. A string can be null or unknown.
func isTexts(raw []byte) (bool, error) {
	dec := msgpack.NewDecoder(bytes.NewReader(raw))
	n, err := mapLen(dec)
	if err != nil || n < 0 {
		return false, err
	}
	for range n {
		if err := dec.Skip(); err != nil { // the key
			return false, err
		}
		code, err := dec.PeekCode()
		if err != nil || code != msgpcode.Nil && !msgpcode.IsString(code) && !msgpcode.IsExt(code) {
			return false, err
		}
		if err := dec.Skip(); err != nil {
			return false, err
		}
	}
	return true, nil
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
	if err != nil { // Pack accepts only maps of strings
		return nil
	}
	return Entries(value)
}

// encoding returns the only element of a packed map.
func encoding(all map[string]tftypes.Value) (encoded string, packed bool) {
	element, ok := all[packedKey]
	packed = ok && len(all) == 1 && element.As(&encoded) == nil
	return encoded, packed
}
