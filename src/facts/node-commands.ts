/** Packages by the command that they bring, where its name is another one; from the `bin` of each, November 2026. */
export const packagesOfCommands: Readonly<Record<string, string>> = {
  tsc: 'typescript',
  nest: '@nestjs/cli',
  ng: '@angular/cli',
  sequelize: 'sequelize-cli',
  'react-router-serve': '@react-router/serve',
  'remix-serve': '@remix-run/serve',
  medusa: '@medusajs/cli',
  strapi: '@strapi/strapi',
  keystone: '@keystone-6/core',
};

/** Commands that packages of npm alone bring, whichever one depends on them. */
export const commandsOfNode =
  /^(?:prisma|sequelize(?:-cli)?|knex|typeorm(?:-ts-node-\w+)?|mikro-orm|drizzle-kit|next|nuxt|nest|tsx|ts-node|tsc)$/;
