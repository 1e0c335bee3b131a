// A file of its own: the page's content security policy allows no inline script.
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // The default asks a public server whether the description is valid.
  validatorUrl: "none",
});
