// Package attrs has the attributes that several resources and data sources share, with their
// models.
package attrs
