docker build -t acme/base .
docker build -t acme/web web
