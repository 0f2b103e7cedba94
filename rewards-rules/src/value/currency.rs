//! Currencies of ISO 4217 and their minor units.

/// A currency that ISO 4217 lists with a minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency {
    code: [u8; 3],
    decimals: u8,
}

/// Codes by number of decimals. Codes for metals, funds, tests and "no currency" are left out.
const LISTED: [(u8, &str); 4] = [
    (
        2,
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
         CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD \
         HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD \
         MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON \
         RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD \
         TZS UAH USD UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    ),
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

impl Currency {
    /// The currency with this upper-case code, if ISO 4217 lists it.
    pub fn from_code(code: &str) -> Option<Currency> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        LISTED
            .iter()
            .find(|(_, codes)| codes.split_ascii_whitespace().any(|c| c == code))
            .map(|&(decimals, _)| Currency { code: bytes, decimals })
    }

    /// Every listed code.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        LISTED.iter().flat_map(|(_, codes)| codes.split_ascii_whitespace())
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("XXX")
    }

    /// Whether a text is its code.
    #[inline]
    pub(crate) fn is(self, code: &str) -> bool {
        code.as_bytes() == self.code
    }

    /// Decimals of the minor unit: JPY 0, USD 2, KWD 3.
    pub fn decimals(self) -> u8 {
        self.decimals
    }
}
