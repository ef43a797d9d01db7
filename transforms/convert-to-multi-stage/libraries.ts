import { requirementNames } from './requirements.ts';
import type { Subject } from './subject.ts';

/**
 * What a package of a language needs of the system when it runs: Debian packages; a pattern of those of which the file
 * has to install one by itself; undefined where that is not told.
 */
type Need = readonly string[] | RegExp | undefined;

/**
 * Packages that are compiled against, or start, what a full language image has and its slim image does not. Most others
 * bring their libraries along in binary form. From the installation pages of each, November 2026.
 */
const python: Readonly<Record<string, Need>> = {
  psycopg2: ['libpq5'],
  'psycopg-c': ['libpq5'],
  psycopg: ['libpq5'],
  mysqlclient: ['libmariadb3'],
  gitpython: ['git'],
  ansible: ['openssh-client'],
  'ansible-core': ['openssh-client'],
  dvc: ['git'],
  'python-magic': ['libmagic1'],
  wand: /magick/,
  pgmagick: /magick/,
  uwsgi: ['libxml2'],
  pygobject: /gir1|girepository/,
  pycairo: ['libcairo2'],
  cairosvg: ['libcairo2'],
  cairocffi: ['libcairo2'],
  weasyprint: /pango/,
  'python-ldap': /libldap|slapd/,
  xmlsec: /xmlsec/,
  'python3-saml': undefined,
  pygraphviz: /graphviz/,
  'opencv-python': /^libgl1|^libglib2/,
  'opencv-contrib-python': /^libgl1|^libglib2/,
  pyodbc: /odbc/,
  'cx-oracle': undefined,
  m2crypto: ['libssl3t64'],
  gdal: /gdal/,
  playwright: undefined,
  selenium: /chromium|firefox/,
  dlib: undefined,
  rrdtool: undefined,
  pylibmc: undefined,
  gssapi: undefined,
  krb5: undefined,
};

const node: Readonly<Record<string, Need>> = {
  'pg-native': ['libpq5'],
  libpq: ['libpq5'],
  'simple-git': ['git'],
  nodegit: undefined,
  gm: /magick/,
  imagemagick: /magick/,
  'node-rdkafka': undefined,
  odbc: /odbc/,
  oracledb: undefined,
  ibm_db: undefined,
  couchbase: undefined,
  usb: undefined,
  robotjs: undefined,
  gl: undefined,
  kerberos: undefined,
  'node-canvas': undefined,
};

const ruby: Readonly<Record<string, Need>> = {
  pg: ['libpq5'],
  mysql2: ['libmariadb3'],
  sqlite3: ['libsqlite3-0'],
  rmagick: /magick/,
  mini_magick: ['imagemagick'],
  'ruby-vips': /vips/,
  image_processing: /vips|magick/,
  charlock_holmes: undefined,
  curb: undefined,
  typhoeus: undefined,
  ethon: undefined,
  rugged: undefined,
  tiny_tds: undefined,
  git: ['git'],
  wicked_pdf: /wkhtmltopdf/,
  pdfkit: /wkhtmltopdf/,
};

/**
 * Gems that look for a JavaScript run time when they are loaded: github.com/rails/execjs and what depends on it, as of
 * November 2026. No image of Ruby has one.
 */
const loadJavaScript =
  /^(?:execjs|uglifier|terser|coffee-(?:rails|script)|autoprefixer-rails|babel-transpiler|react-rails|react_on_rails|less-rails|therubyracer|mini_racer|handlebars_assets|haml_coffee_assets|ember-rails|sprockets-es6|eslint-rails|grover|schmooze|nodo)$/;

/** The gem of an application that runs JavaScript when it is loaded; undefined where there is none. */
export function gemWithJavaScript(subject: Subject): string | undefined {
  return [...requirementNames(subject, 'ruby')].find((name) => loadJavaScript.test(name));
}

/** The Debian packages that an application's own packages need, or the one of which that is not told. */
export function packageLibraries(
  subject: Subject,
  language: 'python' | 'node' | 'ruby',
  installed: readonly string[],
): { readonly packages: readonly string[] } | { readonly unknown: string } {
  const table = { python, node, ruby }[language];
  const packages = new Set<string>();
  for (const name of requirementNames(subject, language)) {
    if (!Object.hasOwn(table, name)) continue;
    const need = table[name];
    // What the file installs for it by hand goes along as it is.
    if (need === undefined || (need instanceof RegExp && !installed.some((each) => need.test(each))))
      return { unknown: name };
    if (!(need instanceof RegExp)) for (const each of need) packages.add(renamed(each, subject));
  }
  return { packages: [...packages] };
}

/** Names that differ between releases of Debian. */
function renamed(name: string, { release }: Subject): string {
  const isNew = release?.name === 'trixie';
  if (name === 'libmagic1') return isNew ? 'libmagic1t64' : name;
  if (name === 'libssl3t64') return isNew ? name : release?.name === 'bullseye' ? 'libssl1.1' : 'libssl3';
  return name;
}
