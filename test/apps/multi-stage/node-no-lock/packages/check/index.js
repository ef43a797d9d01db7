module.exports = true;
