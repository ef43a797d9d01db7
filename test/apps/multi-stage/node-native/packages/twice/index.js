module.exports = require('./build/Release/twice.node');
