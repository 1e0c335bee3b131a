"""What a PDF brings along to prove its signatures later: certificates, CRLs and OCSP answers (its security store)."""

from dataclasses import dataclass, field

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

_AT_MOST = 200


@dataclass(slots=True)
class Evidence:
    """Read from the file, and trusted no more than the file: each piece is signed by somebody."""

    certificates: list[x509.Certificate] = field(default_factory=list)
    crls: list[crl.CertificateList] = field(default_factory=list)
    ocsps: list[ocsp.OCSPResponse] = field(default_factory=list)

    def tells_of(self, certificate: x509.Certificate) -> bool:
        """Whether it says anything about the certificate having been revoked or not."""
        if any(piece.issuer == certificate.issuer for piece in self.crls):
            return True
        return any(
            answer["cert_id"]["serial_number"].native == certificate.serial_number
            for response in self.ocsps
            if response.basic_ocsp_response is not None
            for answer in response.basic_ocsp_response["tbs_response_data"]["responses"]
        )


def evidence_of(reader: PdfFileReader) -> Evidence:
    """The document security store (ETSI EN 319 142-1, 5.4); a broken piece is left out."""
    evidence = Evidence()
    try:
        store = reader.root["/DSS"]
    except (KeyError, PdfError):
        return evidence
    for key, purpose, kind, kept in (
        ("/Certs", DecodePurpose.CERTIFICATE, x509.Certificate, evidence.certificates),
        ("/CRLs", DecodePurpose.CRL, crl.CertificateList, evidence.crls),
        ("/OCSPs", DecodePurpose.OCSP_RESPONSE, ocsp.OCSPResponse, evidence.ocsps),
    ):
        try:
            for place in list(store[key])[:_AT_MOST]:
                piece = kind.load(place.get_object().read_data(purpose), strict=True)
                piece.native  # noqa: B018  (parses it all, so that it cannot fail later)
                kept.append(piece)
        except (PdfError, KeyError, ValueError, TypeError, AttributeError):
            continue
    return evidence
