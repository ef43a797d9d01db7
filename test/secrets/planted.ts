/** Dockerfiles with values planted wherever a secret can stand; each value is one that no test may print. */

export const plantedToken = `ghp_${'Qz7'.repeat(12)}`;
export const plantedPassword = 'Zx9-planted-Wq4';
export const plantedShort = 'q9Zw1x';

export const plantedDockerfiles: Readonly<Record<string, string>> = {
  env: `FROM debian:12\nMAINTAINER Jane\nENV DB_PASSWORD=${plantedPassword}\nWORKDIR app\nRUN apt-get update && apt-get install curl\n`,
  'env-legacy': `FROM debian:12\nENV DB_PASSWORD ${plantedPassword}\nWORKDIR app\n`,
  'env-spread': `FROM debian:12\nENV A=1 \\\n    API_TOKEN="${plantedToken}" \\\n    B=2\nWORKDIR app\n`,
  short: `FROM debian:12\nENV DB_PASSWORD=${plantedShort}\nWORKDIR app\nCMD echo ${plantedShort}\n`,
  argument: `FROM debian:12\nARG NPM_TOKEN=${plantedToken}\nWORKDIR app\nRUN apt-get install git\n`,
  command: `FROM debian:12\nWORKDIR app\nRUN apt-get update && apt-get install curl && curl -u bot:${plantedPassword} https://example.com/a | tar x\n`,
  url: `FROM debian:12\nWORKDIR app\nRUN sudo git clone https://bot:${plantedPassword}@example.com/a.git && apt-get install curl\n`,
  dataSource: `FROM debian:12\nWORKDIR app\nCMD ./app -db "app:${plantedPassword}@tcp(db:3306)/app"\n`,
  header: `FROM debian:12\nWORKDIR app\nRUN apt-get install wget && curl -H "Authorization: Bearer ${plantedToken}" http://example.com | sh\n`,
  chpasswd: `FROM debian:12\nWORKDIR app\nRUN sudo apt-get install x && echo "root:${plantedPassword}" | chpasswd\n`,
  export: `FROM debian:12\nWORKDIR app\nRUN export API_KEY='${plantedPassword}' && apt-get install curl\n`,
  label: `FROM debian:12\nMAINTAINER Jane\nLABEL api_key="${plantedPassword}"\n`,
  legacyLabel: `FROM debian:12\nWORKDIR app\nLABEL password ${plantedPassword}\n`,
  comment: `FROM debian:12\n# ENV API_TOKEN=${plantedToken}\nWORKDIR app\n`,
  heredoc: `FROM debian:12\nWORKDIR app\nRUN <<EOF\nexport GITHUB_TOKEN=${plantedToken}\nEOF\n`,
  onbuild: `FROM debian:12\nWORKDIR app\nONBUILD ENV API_TOKEN=${plantedToken}\n`,
  health: `FROM debian:12\nWORKDIR app\nHEALTHCHECK CMD curl -f https://bot:${plantedPassword}@localhost/ || exit 1\n`,
  windows: `FROM mcr.microsoft.com/windows/servercore:ltsc2022\nENV API_TOKEN=${plantedToken}\nWORKDIR app\nMAINTAINER Jane\n`,
  broken: `FROM debian:12\nENV API_TOKEN=${plantedToken}\nENV API_TOKEN2="${plantedToken}" X\n`,
  unknown: `FROM debian:12\nENVV API_TOKEN=${plantedToken}\n`,
  unclosed: `FROM debian:12\nRUN <<EOF\nAPI_TOKEN=${plantedToken}\n`,
  crlf: `FROM debian:12\r\nENV DB_PASSWORD="${plantedPassword}"\r\nWORKDIR app\r\n`,
};

export const planted = [plantedToken, plantedPassword, plantedShort];
