// Drives the mock with the vendor's Node client; prints what it found as JSON.
const { createRequire } = require('node:module');
const { writeFileSync } = require('node:fs');

const [modules, base] = process.argv.slice(2);
const require_ = createRequire(modules + '/');
const axios = require_('axios');
const { XeroClient } = require_('xero-node');

axios.interceptors.request.use((config) => {
  config.url = config.url
    .replace('https://identity.xero.com', base)
    .replace('https://api.xero.com', base);
  return config;
});

const line = {
  description: 'Mug', quantity: 2, unitAmount: 10.5, accountCode: '200', taxType: 'OUTPUT2',
};
const sale = (fields) => ({
  status: 'AUTHORISED', contact: { name: 'Wool Shop' }, date: '2026-03-14', lineItems: [line], ...fields,
});

async function main() {
  const xero = new XeroClient({
    clientId: 'demo', clientSecret: 'demo', grantType: 'client_credentials',
    scopes: 'accounting.invoices accounting.payments accounting.contacts accounting.settings'.split(' '),
  });
  const api = xero.accountingApi;
  api.basePath = base + '/api.xro/2.0';
  await xero.getClientCredentialsToken();
  await xero.updateTenants();
  const tenant = xero.tenants[0];
  const invoices = [
    sale({ type: 'ACCREC', invoiceNumber: 'W-1' }), sale({ type: 'ACCREC', invoiceNumber: 'W-1' }),
  ];
  const batch = (await api.createInvoices(tenant.tenantId, { invoices }, false)).body.invoices;
  const note = (await api.createCreditNotes(tenant.tenantId, {
    creditNotes: [sale({ type: 'ACCRECCREDIT', creditNoteNumber: 'W-1-CN1' })],
  })).body.creditNotes[0];
  await api.createCreditNoteAllocation(tenant.tenantId, note.creditNoteID, {
    allocations: [{ amount: 5.41, date: '2026-03-15', invoice: { invoiceID: batch[0].invoiceID } }],
  });
  await api.createPayments(tenant.tenantId, { payments: [{
    invoice: { invoiceID: batch[0].invoiceID }, account: { code: '091' }, date: '2026-03-15', amount: 20,
  }] });
  const paid = (await api.getInvoice(tenant.tenantId, batch[0].invoiceID)).body.invoices[0];
  const pdf = (await api.getInvoiceAsPdf(tenant.tenantId, batch[0].invoiceID)).body;
  const history = (await api.getInvoiceHistory(tenant.tenantId, batch[0].invoiceID)).body.historyRecords;
  return {
    organisation: tenant.orgData.name,
    refused: batch[1].validationErrors[0].message,
    status: paid.status,
    credited: paid.amountCredited,
    pdf: Buffer.from(pdf).subarray(0, 5).toString(),
    history: history.length > 0,
  };
}

main().then(
  (found) => writeFileSync(1, JSON.stringify(found)),
  (problem) => {
    writeFileSync(2, String(problem.stack || JSON.stringify(problem)));
    process.exitCode = 1;
  },
);
