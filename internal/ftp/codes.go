package ftp

// Reply codes, named by the meaning RFC 959 (4.2) gives them; another RFC is named where it is the source.
const (
	// Positive preliminary replies.
	CodeRestartMarker    = 110
	CodeTransferStarting = 125
	CodeOpening          = 150

	// Positive completion replies.
	CodeOK             = 200
	CodeSuperfluous    = 202
	CodeSystemStatus   = 211
	CodeDirStatus      = 212
	CodeFileStatus     = 213
	CodeHelp           = 214
	CodeSystemType     = 215
	CodeReady          = 220
	CodeClosing        = 221
	CodeDataOpen       = 225
	CodeDataDone       = 226
	CodePassive        = 227
	CodeExtPassive     = 229 // RFC 2428
	CodeLoggedIn       = 230
	CodeFileOK         = 250
	CodePathname       = 257
	CodeLoggedInSecure = 232 // RFC 2228: logged in by what the security exchange has shown
	CodeSecurityOK     = 234 // RFC 2228: AUTH is accepted
	CodeNeedPassword   = 331
	CodePending        = 350
	CodeNotAvailable   = 421
	CodeNoDataConn     = 425
	CodeDataAborted    = 426
	CodeFileBusy       = 450
	CodeLocalError     = 451
	CodeNoSpace        = 452
	CodeSyntax         = 500
	CodeSyntaxArg      = 501
	CodeNotImplemented = 502
	CodeBadSequence    = 503
	CodeBadParameter   = 504
	CodeNoDataPossible = 520 // Pure-FTPd: ESTA and ESTP without a data connection to open
	CodeProtection     = 521 // RFC 4217: no data connection under this PROT
	CodeBadFamily      = 522 // RFC 2428
	CodeNotLoggedIn    = 530
	CodePolicy         = 534 // RFC 2228: refused for policy reasons
	CodeUnavailable    = 550
	CodeQuotaExceeded  = 552
	CodeBadName        = 553
	CodeBadRestart     = 554 // RFC 1123, 4.1.3.4
)
