//! The headers of common programs, by what they mean: German, Spanish, English, French, Italian, Dutch, Portuguese, the
//! Nordic languages, Polish, Czech and Hungarian. The clearest name of a role comes first.

use super::role::Role;

/// The names of each role, separated by commas.
pub(super) const WORDS: &[(Role, &str)] = &[
    (Role::Document, DOCUMENT),
    (Role::PartyNumber, PARTY_NUMBER),
    (Role::PartyName, PARTY_NAME),
    (Role::Party, PARTY),
    (Role::Open, OPEN),
    (Role::OpenLocal, OPEN_LOCAL),
    (Role::Balance, BALANCE),
    (Role::Amount, AMOUNT),
    (Role::Total, TOTAL),
    (Role::AmountLocal, AMOUNT_LOCAL),
    (Role::Debit, DEBIT),
    (Role::Credit, CREDIT),
    (Role::Sign, SIGN),
    (Role::Currency, CURRENCY),
    (Role::CurrencyLocal, CURRENCY_LOCAL),
    (Role::DueDate, DUE_DATE),
    (Role::Phone, PHONE),
    (Role::Email, EMAIL),
    (Role::Notes, NOTES),
    (Role::Reference, REFERENCE),
    (Role::References, REFERENCES),
    (Role::Kind, KIND),
    (Role::AsOf, AS_OF),
    (Role::Original, ORIGINAL),
    (Role::OriginalAsOf, ORIGINAL_AS_OF),
    (Role::DiscountDate, DISCOUNT_DATE),
    (Role::Discount, DISCOUNT),
];

const DOCUMENT: &str = "Invoice number, Invoice No, Invoice Nr, Invoice Num, Num Invoice, Invoice ref, Invoice ID, Invoice, Document number, Document No, \
    Document, Doc No, Doc number, Voucher No, Voucher number, Voucher, Bill number, Bill No, Transaction number, \
    Transaction No, Num, Number, No, Entry No, Transaction ID, \
    Belegnummer, Beleg Nr, Beleg, Rechnungsnummer, Rechnungsnr, Rechnung Nr, Rechnung Nummer, Rechnung, Re Nr, Rg Nr, \
    OP Nummer, OP Nr, Belegfeld 1, Dokumentnummer, Dokument Nr, Dokument, Vorgangsnummer, Nummer, Nr, Laufende Nr, Lfd Nr, \
    Número de factura, Nº de factura, Nº factura, Nro factura, Nro de factura, Núm factura, Factura nº, Factura, \
    Número de comprobante, Nro comprobante, Nº comprobante, Nro de comprobante, Comprobante, Número de documento, \
    Nº documento, Nro documento, Núm documento, Num doc, Nº doc, Documento, Número, Nro, Núm, \
    Numéro de facture, Numéro de document, Numéro document, Nº document, Nº de document, Nº de facture, Nº facture, Facture, Numéro de pièce, Nº pièce, Nº de pièce, Pièce, Numéro, \
    Numero fattura, N fattura, Num fattura, Fattura, Numero documento, Factuurnummer, Factuurnr, Factuur, Boekstuknummer, \
    Boekstuk, Documentnummer, Número da fatura, Número da fatura, Nº fatura, Nº da fatura, Fatura, Nota fiscal, \
    Número do documento, Fakturanummer, Fakturanr, Faktura nr, Faktura, Bilagsnummer, Bilagsnr, Bilag, Laskun numero, \
    Laskunumero, Numer faktury, Nr faktury, Numer dokumentu, Nr dokumentu, Číslo faktury, Číslo dokladu, Számlaszám, \
    Számla sorszáma, ID";
const PARTY_NUMBER: &str = "Customer number, Customer No, Customer Nr, Customer ID, Customer code, Customer Ref, Client number, Client No, \
    Client ID, Client code, Debtor number, Debtor No, Debtor code, Debtor account number, Debitor account number, Bill to customer No, Sell to customer No, \
    Account number, Account No, Account code, Account ref, A/C, A/C Ref, Contact number, Contact ID, \
    Kundennummer, Kunden Nr, Kd Nr, KdNr, Kundennr, Kunden ID, Kundenkonto, Debitorennummer, Debitoren Nr, Debitor Nr, \
    Debitornummer, Debitorennr, Debitorenkonto, Personenkonto, Personenkontonummer, Kontonummer, Konto Nr, Konto, \
    Adressnummer, Adress Nr, Deb Nr, Kontakt Nr, Kontaktnummer, \
    Código de cliente, Código cliente, Cód cliente, Cod cliente, Cód de cliente, Nº cliente, Nº de cliente, Cliente nº, Nro cliente, \
    Nro de cliente, Número de cliente, Id cliente, Código, Cód, Cuenta, Cuenta contable, Subcuenta, CUIT, CUIT/DNI, CIF, \
    NIF, NIF/CIF, CIF/NIF, RUC, RUT, RFC, Code client, Nº client, Nº de client, Numéro client, Numéro de client, \
    Compte client, Compte auxiliaire, Numéro de compte débiteur, Numéro de compte, Compte, Codice cliente, Cod. cliente, Conto cliente, \
    Debiteurnummer, Debiteurnr, Debiteurcode, Klantnummer, Klantnr, Klantcode, Relatiecode, Relatienummer, \
    Código do cliente, Kundnummer, Kundnr, Kund nr, Kundenummer, Kundenr, Kunde nr, Debitornr, Asiakasnumero, \
    Numer klienta, Kod klienta, Kod kontrahenta, Číslo zákazníka, Vevőkód";
const PARTY_NAME: &str = "Customer name, Customer full name, Client name, Debtor name, Company name, Company, Business name, \
    Organization, Organisation, Organization name, Bill to name, Sell to customer name, Contact name, Name of the contact, Account name, \
    Invoice partner display name, Partner name, Partner/Display name, Name, Name 1, Full name, Display name, \
    Kundenname, Kunde Name, Kundenbezeichnung, Kurzname, Firmenname, Firma, Debitorname, Debitorenname, Debitor Name, \
    Kontobezeichnung, Kontenbezeichnung, Kontobeschriftung, Kontoname, Name des Kunden, Name/Firma, Empfänger, \
    Rechnungsempfänger, Rechnungsempfänger Zeile 0, Unternehmen, Bezeichnung, \
    Nombre del cliente, Nombre cliente, Nombre del contacto, Nombre de cliente, Razón social, Nombre o razón social, Nombre/Razón social, \
    Apellido y nombre, Nombre y apellido, Nombre fiscal, Nombre comercial, Denominación, Titular, Nombre, \
    Raison sociale, Nom du client, Nom client, Nom, Intitulé du compte, Intitulé, Libellé compte, Libellé du compte, Tiers, \
    Ragione sociale, Denominazione, Nome cliente, Intestatario, Klantnaam, Debiteurnaam, Naam debiteur, Relatienaam, \
    Bedrijfsnaam, Naam, Razão social, Nome do cliente, Nome, Kundnamn, Namn, Kundenavn, Debitornavn, Navn, \
    Asiakkaan nimi, Nimi, Nazwa klienta, Nazwa kontrahenta, Nazwa, Odběratel, Název, Jméno, Vevő neve, Vevő, Ügyfél, Név";
const PARTY: &str = "Customer, Client, Debtor, Partner, Bill to, Account, Contact, Kunde, Kunden, Debitor, Debitoren, \
    Geschäftspartner, Kontakt, Cliente, Clientes, Deudor, Contacto, Débiteur, Klant, Debiteur, Relatie, Kund, Asiakas, \
    Klient, Kontrahent, Nabywca, Zákazník";
const OPEN: &str = "Amount due, Amount outstanding, Outstanding amount, Outstanding, Open amount, Open balance, Balance due, \
    Remaining amount, Amount remaining, Amount remaining foreign currency, Remaining balance, Outstanding balance, \
    Invoice amount due, Amount owing, Amount open, Residual amount, Amount residual, Due amount, Unpaid amount, Unpaid, \
    Remaining, Open, \
    Offener Betrag, Betrag offen, Offener Rechnungsbetrag, Offene Summe, Offener Saldo, Saldo offen, Restbetrag, \
    Offene Forderung, Restforderung, Restsaldo, Noch offen, Offen, OP Betrag, OP Saldo, Ausstehender Betrag, \
    Ausstehend, Fälliger Betrag, Rest, Zahlbetrag offen, Noch zu zahlen, Forderung offen, Offener Bruttobetrag, \
    Offen Brutto, \
    Importe pendiente, Pendiente de cobro, Pendiente, Saldo pendiente, Monto pendiente, Importe adeudado, \
    Monto adeudado, Total adeudado, Deuda, Por cobrar, Importe a cobrar, \
    Reste à payer, Montant restant dû, Restant dû, Montant dû, Reste dû, Solde dû, Montant restant, Montant ouvert, \
    Importo residuo, Residuo, Importo dovuto, Saldo residuo, Da incassare, Openstaand bedrag, Openstaand, \
    Openstaand saldo, Bedrag openstaand, Bedrag open, Restant bedrag, Te ontvangen, Valor em aberto, Saldo em aberto, \
    Valor pendente, Valor devido, Restbelopp, Utestående belopp, Utestående, Kvar att betala, Restbeløp, Gjenstående, \
    Restbeløb, Udestående, Avoin summa, Avoinna, Avoin saldo, Pozostało do zapłaty, Do zapłaty, Kwota pozostała, \
    Zbývá uhradit, K úhradě, Hátralék";
const OPEN_LOCAL: &str = "Remaining amt LCY, Remaining amount LCY, Restbetrag MW, Restbetrag in Hauswährung, \
    Outstanding amount in company currency, Amount due signed, Amount due in company currency, Importe pendiente DL";
const BALANCE: &str = "Balance, Account balance, Closing balance, Ending balance, Current balance, Total balance, Saldo, Kontosaldo, \
    Endsaldo, Saldo actual, Saldo final, Saldo total, Saldo deudor, Solde, Saldo cliente, Saldo attuale";
const AMOUNT: &str = "Amount, Invoice amount, Invoice total, Invoiced amount, Amount in document currency, \
    Amount in doc curr, Amount in doc currency, Amount in transaction currency, Document amount, Debt, Value, \
    Betrag, Rechnungsbetrag, Rechnungssumme, Betrag in Belegwährung, Betrag in Transaktionswährung, Belegbetrag, \
    Forderungsbetrag, Forderung, Umsatz, Umsatz ohne Soll/Haben-Kz, Wert, \
    Importe, Importe factura, Importe en moneda de documento, Importe en moneda doc, Importe del documento, Monto, \
    Monto factura, Montant, Montant facture, Importo, Importo fattura, Bedrag, Factuurbedrag, Valor, Valor da fatura, \
    Belopp, Fakturabelopp, Beløp, Fakturabeløp, Beløb, Fakturabeløb, Summa, Laskun summa, Kwota, Wartość, Částka, Összeg";
const TOTAL: &str = "Gross amount, Gross total, Gross, Grand total, Total amount, Invoice gross, Total incl tax, \
    Total with tax, Total in currency, Total signed, Total in currency signed, Total, \
    Bruttobetrag, Brutto Betrag, Betrag brutto, Betrag (brutto), Brutto, Rechnungsbetrag brutto, Gesamtbetrag, Gesamtsumme, Gesamt brutto, \
    Gesamt, Summe brutto, Summe, Endbetrag, \
    Importe total, Total factura, Importe bruto, Total comprobante, Total con IVA, Montant TTC, Total TTC, TTC, \
    Totale documento, Totale fattura, Totale, Totaalbedrag, Totaal incl btw, Totaal, Valor total, Totalt, \
    Totalbelopp, Att betala, Totalbeløp, Totalbeløb, Yhteensä, Wartość brutto, Kwota brutto, Razem, Celkem, Végösszeg, Bruttó";
const AMOUNT_LOCAL: &str = "Amount LCY, Amount in local currency, Amount in LC, Amount in local curr, Amount in company code currency, \
    Amount in company code curr, Company code currency value, Original amt LCY, Betrag in Hauswährung, \
    Betrag Hauswährung, Betrag in Buchungskreiswährung, Betrag in BK-Währung, Betrag MW, Basisumsatz, \
    Importe en moneda local, Importe ML, Importe DL, Importe en ML, Montant en devise interne";
const DEBIT: &str = "Debit, Debit amount, Debits, Soll, Sollbetrag, Betrag Soll, Umsatz Soll, Soll Betrag, Debe, Importe debe, \
    Cargo, Cargos, Débit, Dare, Debet, Débito";
const CREDIT: &str = "Credit, Credit amount, Credits, Haben, Habenbetrag, Betrag Haben, Umsatz Haben, Haben Betrag, Haber, \
    Importe haber, Abono, Abonos, Crédit, Avere, Kredit, Crédito";
const SIGN: &str = "S/H, Soll/Haben, Soll/Haben-Kennzeichen, Soll/Haben-Kennz, Soll/Haben-Kz, SH-Kennzeichen, SH-Kz, \
    D/C, D/C indicator, Dr/Cr, Debit/Credit, Debit/Credit indicator, Debit/Credit ind, C/D, D/H, Debe/Haber, \
    Indicador D/H, Indicador debe/haber, Sens";
const CURRENCY: &str = "Currency, Currency code, Curr, Crcy, Document currency, Transaction currency, Invoice currency, \
    Doc currency, ISO code, Währung, Waehrung, Währungscode, Währungskennzeichen, WKZ, WKZ Umsatz, Whrg, Whg, Währ, \
    Belegwährung, Moneda, Divisa, Código de divisa, Cód divisa, Código divisa, Código de moneda, Cód moneda, \
    Moneda del documento, Devise, Code devise, Monnaie, Valuta, Valutacode, Munteenheid, Moeda, Valuutta, Waluta, Měna, \
    Pénznem, Deviza, Valutakod, Valutakode";
const CURRENCY_LOCAL: &str = "Local currency, Company code currency, Base currency, Hauswährung, Buchungskreiswährung, WKZ Basisumsatz, \
    Basiswährung, Moneda local";
const DUE_DATE: &str = "Due date, Payment due date, Net due date, Invoice due date, Invoice date due, Date due, Due on, Due at, Due, \
    Maturity date, Maturity, Fälligkeitsdatum, Faelligkeitsdatum, Fälligkeit, Faelligkeit, Fällig am, Faellig am, \
    Fällig zum, Fällig, Faellig, Nettofälligkeit, Netto Fälligkeit, Nettofälligkeitsdatum, Netto Fälligkeitsdatum, \
    Fälligkeitstag, Zahlbar bis, Zahlungsziel, Zahlungsfrist, Zahlungsziel Datum, Zahlungstermin, Zu zahlen bis, Erwartet, \
    Fecha de vencimiento, Fecha vencimiento, Fec vencimiento, F vencimiento, Fecha vto, Fecha de vto, Fec vto, F vto, \
    Vencimiento, Vto, Vence, Date d'échéance, Date échéance, Date de échéance, Échéance, Date d'exigibilité, \
    Data scadenza, Data di scadenza, Scadenza, Vervaldatum, Vervaldag, Uiterste betaaldatum, Data de vencimento, \
    Data vencimento, Vencimento, Förfallodatum, Förfallodag, Förfaller, Forfallsdato, Forfall, Forfaldsdato, Forfald, \
    Eräpäivä, Termin płatności, Termin zapłaty, Datum splatnosti, Splatnost, Esedékesség, Fizetési határidő";
const PHONE: &str = "Phone, Phone number, Phone No, Telephone, Telephone number, Mobile, Mobile phone, Cell, Main phone, Contact phone, \
    Telefon, Telefonnummer, Telefon Nr, Tel, Tel Nr, Mobil, Mobilnummer, Mobiltelefon, Handy, Teléfono, Teléfonos, Móvil, \
    Celular, Teléfono móvil, Téléphone, Tél, Portable, Telefono, Cellulare, Telefoon, Telefoonnummer, Mobiel, Telefone, \
    Telemóvel, Puhelin, Puhelinnumero, Telefonszám";
const EMAIL: &str = "Email, E-Mail, Email address, E-Mail-Adresse, Mail, Mailadresse, Main email, Customer email, Client email, \
    Contact email, Correo electrónico, Correo, Courriel, Adresse e-mail, Indirizzo email, E-mailadres, E-postadress, \
    E-post, Sähköposti, Adres e-mail";
const NOTES: &str = "Note, Memo, Memo/Description, Description, Comment, Comments, Remarks, Remark, Text, Buchungstext, \
    Positionstext, Belegtext, Bemerkung, Bemerkungen, Notiz, Notizen, Kommentar, Beschreibung, Betreff, Observaciones, Observación, \
    Comentarios, Comentario, Descripción, Concepto, Detalle, Nota, Notas, Commentaire, Commentaires, Libellé, Descrizione, \
    Causale, Omschrijving, Opmerking, Opmerkingen, Descrição, Observações, Beskrivning, Beskrivelse, Anmärkning, Selite, \
    Opis, Uwagi, Popis, Poznámka, Megjegyzés";
const REFERENCE: &str = "Payment reference, Customer reference, Your reference, Reference, Reference number, Ref, Ref No, \
    External document No, Assignment, Zahlungsreferenz, Verwendungszweck, Referenz, Referenznummer, Zuordnung, \
    Externe Belegnummer, Ihre Referenz, Referencia de pago, Referencia, Référence de paiement, Référence, Riferimento, \
    Betalingskenmerk, Referentie, Kenmerk, Uw referentie, Referência, OCR, OCR-nummer, KID, Viitenumero, Viite, \
    Variabilní symbol, Tytuł płatności, Hivatkozás";
const REFERENCES: &str = "References, Document references, Reference numbers, PO number, PO No, Purchase order, Purchase order number, \
    Order number, Order No, Sales order, Delivery note, Delivery note number, Referenzen, Referenznummern, Bestellnummer, Bestell Nr, \
    Auftragsnummer, Auftrags Nr, Auftragsnr, Lieferscheinnummer, Lieferschein Nr, Lieferschein, Referencias, Número de pedido, Nº pedido, Nro pedido, \
    Pedido, Orden de compra, Albarán, Nº albarán, Remito, Références, Numéro de commande, Nº de commande, Nº commande, Bon de commande, \
    Commande, Bon de livraison";
const KIND: &str = "Document type, Doc type, Transaction type, Invoice type, Voucher type, Entry type, Kind, Belegart, Dokumentart, Dokumenttyp, \
    Belegtyp, Vorgangsart, Rechnungsart, Rechnungstyp, Buchungsart, Tipo de documento, Tipo documento, Tipo doc, Tipo de comprobante, Tipo comprobante, \
    Tipo de factura, Clase de documento, Type de document, Type document, Type de pièce, Type de facture, Nature de la pièce, Tipo documento fiscale";
const AS_OF: &str = "As of, As of date, As at, As at date, Balance date, Statement date, Key date, Report date, Cut-off date, Stand, Stand per, \
    Stichtag, OP Stichtag, Saldo per, Per Datum, Auswertungsdatum, Auszugsdatum, A fecha, A fecha de, Fecha de corte, Fecha corte, \
    Fecha de situación, Fecha del saldo, Saldo a fecha, Fecha del informe, Date de situation, Date d'arrêté, Arrêté au, Situation au, Date du solde, \
    Solde au";
const ORIGINAL: &str = "Original amount, Original invoice amount, Original balance, Initial amount, Originalbetrag, Ursprungsbetrag, \
    Ursprünglicher Betrag, Ursprünglicher Rechnungsbetrag, Anfangsbetrag, Importe original, Importe inicial, Monto original, Monto inicial, \
    Montant d'origine, Montant original, Montant initial, Importo originale, Oorspronkelijk bedrag, Valor original, Ursprungligt belopp";
const ORIGINAL_AS_OF: &str = "Original amount as of, Original amount date, Originalbetrag per, Originalbetrag vom, Fecha del importe original, \
    Date du montant d'origine";
const DISCOUNT_DATE: &str = "Discount date, Discount due date, Cash discount date, Discount until, Payment discount date, Pmt discount date, \
    Pmt disc date, Pmt Disc Due Date, Skonto bis, Skontodatum, Skontofrist, Skontofrist bis, Skonto fällig am, Skontofälligkeit, Skontotermin, Skontierfähig bis, \
    Fecha de descuento, Fecha descuento, Fecha de descuento por pronto pago, Fecha dto pp, Descuento hasta, Vencimiento del descuento, \
    Date d'escompte, Échéance d'escompte, Date limite d'escompte, Escompte jusqu'au, Data sconto, Kortingsdatum";
const DISCOUNT: &str = "Discount amount, Cash discount, Cash discount amount, Discount available, Available discount, Payment discount, \
    Pmt discount, Remaining pmt disc possible, Original pmt disc possible, Skonto, Skontobetrag, Möglicher Skonto, Skonto möglich, Skontoabzug, Descuento por pronto pago, \
    Descuento pronto pago, Dto pp, Importe de descuento, Importe descuento, Importe del descuento, Descuento, Escompte, Montant d'escompte, \
    Montant de l'escompte, Sconto, Betalingskorting";
